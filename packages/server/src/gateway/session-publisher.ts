import { type Clock, OngoingProblem } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import type { Log } from './log.ts';
import type { SessionRegistry } from './session-registry.ts';

const publishMs = 500;
const heartbeatMs = 10_000;
/** A gateway that was silent this long has lost its sessions. */
const deadMs = 60_000;

/**
 * Shows this gateway's live sessions in the store, twice a second, for the pages and commands of other processes.
 * Sessions shorter than that never reach it; the audit has them all.
 */
export class SessionPublisher {
  readonly #sessions: Store['sessions'];
  readonly #registry: Pick<SessionRegistry, 'list'>;
  readonly #gatewayId: string;
  readonly #clock: Clock;
  readonly #problem: OngoingProblem;
  #published = new Set<string>();
  #beatAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    sessions: Store['sessions'],
    registry: Pick<SessionRegistry, 'list'>,
    gatewayId: string,
    clock: Clock,
    log: Log,
  ) {
    this.#sessions = sessions;
    this.#registry = registry;
    this.#gatewayId = gatewayId;
    this.#clock = clock;
    this.#problem = new OngoingProblem(log, {
      failing: 'live sessions cannot be published',
      working: 'live sessions are published again',
    });
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#writing = this.#writing
        .then(() => this.#publish())
        .then(
          () => this.#problem.worked(),
          (thrown) => this.#problem.failed(thrown),
        );
    }, publishMs);
    this.#timer.unref();
  }

  /** Stops and takes this gateway's sessions out of the store; where that fails others find them dead in a minute. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    try {
      await this.#sessions.publish([], [...this.#published]);
    } catch (thrown) {
      this.#problem.failed(thrown);
    }
  }

  async #publish(): Promise<void> {
    const live = this.#registry.list();
    const ids = new Set(live.map((session) => session.id));
    const added = live.filter((session) => !this.#published.has(session.id));
    const removed = [...this.#published].filter((id) => !ids.has(id));
    if (added.length > 0 || removed.length > 0) await this.#sessions.publish(added, removed);
    this.#published = ids;
    // Not by the clock on the wall: set back, it would leave out beats until it is as late again.
    if (this.#clock.monotonic() - this.#beatAt < heartbeatMs) return;
    this.#beatAt = this.#clock.monotonic();
    const now = this.#clock.now();
    // Others took this gateway for dead while it was frozen, or by a clock that is ahead.
    if ((await this.#sessions.heartbeat(this.#gatewayId, now)) < ids.size)
      await this.#sessions.publish(live, []);
    await this.#sessions.prune(now - deadMs);
  }
}
