import { OngoingProblem, type Permit, Refusal } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import type { Log } from './log.ts';
import type { SessionRegistry } from './session-registry.ts';

/** How often the log of revocations is read: new connections are refused at once, live sessions end within this plus the stop. */
const pollMs = 250;
/** With the store silent for this long nobody can tell what was revoked, and live sessions end. */
const staleMs = 60_000;

/**
 * Follows the store's log of revocations and ends the sessions that they concern, whoever wrote them: a page,
 * a command in another process, another gateway.
 */
export class RevocationFollower {
  readonly #revocations: Store['revocations'];
  readonly #registry: SessionRegistry;
  readonly #problem: OngoingProblem;
  readonly #stillAllowed: (permit: Permit) => Promise<boolean>;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #heardAt = performance.now();
  #reading = false;

  /** `stillAllowed` decides which sessions of a person end whose groups changed. */
  constructor(
    revocations: Store['revocations'],
    registry: SessionRegistry,
    log: Log,
    stillAllowed: (permit: Permit) => Promise<boolean>,
  ) {
    this.#revocations = revocations;
    this.#registry = registry;
    this.#problem = new OngoingProblem(log, {
      failing: 'the log of revocations cannot be read',
      working: 'the log of revocations can be read again',
    });
    this.#stillAllowed = stillAllowed;
  }

  /** Starts at the log's present end: what was revoked before was refused when its token was read. */
  async start(): Promise<void> {
    this.#sequence = await this.#revocations.head();
    this.#heardAt = performance.now();
    this.#timer = setInterval(() => void this.follow(), pollMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** False when the store has not answered for a minute. */
  get fresh(): boolean {
    return performance.now() - this.#heardAt < staleMs;
  }

  /** Reads on and applies. Called by the timer, and directly by whoever revoked in this process. */
  async follow(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (const { sequence, ...revocation } of await this.#revocations.since(this.#sequence)) {
        this.#sequence = sequence;
        void this.#registry.revoke(revocation);
        const { kind, subject, reason } = revocation;
        if (kind === 'groups') void this.#registry.recheck(this.#stillAllowed, reason, subject);
      }
      this.#heardAt = performance.now();
      this.#problem.worked();
    } catch (thrown) {
      this.#problem.failed(thrown);
      if (!this.fresh) await this.#registry.stopAll(new Refusal('store_unavailable'));
    } finally {
      this.#reading = false;
    }
  }
}
