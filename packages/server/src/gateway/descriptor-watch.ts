import { open } from 'node:fs/promises';
import { devNull } from 'node:os';
import type { Clock } from '../core/index.ts';
import type { Log } from './log.ts';

const lookEveryMs = 1_000;
const sayEveryMs = 60_000;

/**
 * Says in the log when the process has no file descriptor left for another connection, once a minute at most. The system
 * then closes whoever connects, and libuv tells nobody of it; so this looks whether one can still be had.
 */
export class DescriptorWatch {
  readonly #log: Pick<Log, 'problem'>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #timer: NodeJS.Timeout | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(log: Pick<Log, 'problem'>, clock: Pick<Clock, 'monotonic'>) {
    this.#log = log;
    this.#clock = clock;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Takes what the server of a door emits as `error` while it listens; without a listener that would end the process. */
  readonly couldNotAccept = (thrown: unknown): void => {
    const now = this.#clock.monotonic();
    if (now - this.#saidAt < sayEveryMs) return;
    this.#saidAt = now;
    this.#log.problem(
      isExhausted(thrown)
        ? 'no file descriptors are left: new connections are closed without a word, live sessions go on. Raise the limit (LimitNOFILE, ulimit -n)'
        : 'a door could not take a connection',
      thrown,
    );
  };

  async #look(): Promise<void> {
    try {
      await (await open(devNull)).close();
    } catch (thrown) {
      this.couldNotAccept(thrown);
    }
  }
}

/** This process has too many files open, or the whole machine has. */
function isExhausted(thrown: unknown): boolean {
  return (
    thrown instanceof Error && 'code' in thrown && (thrown.code === 'EMFILE' || thrown.code === 'ENFILE')
  );
}
