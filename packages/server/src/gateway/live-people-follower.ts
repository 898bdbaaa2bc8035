import { parsePrincipalId } from '../core/index.ts';
import type { ProviderWord } from '../oauth/index.ts';
import type { Log } from './log.ts';
import type { SessionRegistry } from './session-registry.ts';

/** How many providers' answers are waited for at once. */
const atOnce = 8;
const shortestMs = 500;
const longestMs = 60_000;

/**
 * Asks again about the people who have live sessions here, so that a session does not outlive for long what their
 * provider says of them. What changed comes back over the log of revocations, as for every other gateway.
 */
export class LivePeopleFollower {
  readonly #registry: SessionRegistry;
  readonly #word: Pick<ProviderWord, 'renew'>;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(registry: SessionRegistry, word: Pick<ProviderWord, 'renew'>, log: Log) {
    this.#registry = registry;
    this.#word = word;
    this.#log = log;
  }

  /** `rereadEveryMs` by sign-in method: those whose people can be asked about. Without any there is nothing to do. */
  start(rereadEveryMs: ReadonlyMap<string, number>): void {
    if (rereadEveryMs.size === 0) return;
    const shortest = Math.min(...rereadEveryMs.values());
    const everyMs = Math.min(Math.max(shortest / 4, shortestMs), longestMs);
    this.#timer = setInterval(() => void this.#follow(rereadEveryMs), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #follow(methods: ReadonlyMap<string, number>): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      const people = new Set(this.#registry.list().map(({ personId }) => personId));
      const asked = [...people].filter((id) => methods.has(parsePrincipalId(id).method)).values();
      const worker = async () => {
        for (const personId of asked) await this.#word.renew(personId);
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    } catch (thrown) {
      this.#log.problem('people with live sessions could not be asked about again', thrown);
    } finally {
      this.#running = false;
    }
  }
}
