import type { NodeAddress } from '../driver-connection.ts';
import type { SentinelQuestion } from './ask-sentinel.ts';
import { listenToSentinel } from './listen-to-sentinel.ts';

/** A connection to a primary. */
export interface Followed {
  /** Called once when the Sentinels say that another server is the primary. */
  demoted(): void;
  /** Calls `listener` once when the connection is over. */
  onOver(listener: () => void): void;
}

/**
 * Ends the connections to a primary that is none any more. It may go on for seconds, take writes that will be lost, and
 * hear only then that it is a replica; a session that is idle, blocked or subscribed would hear nothing at all. As long as
 * there are connections, every Sentinel is listened to, because each learns of a failover at its own time.
 */
export class PrimaryWatch {
  readonly #question: SentinelQuestion;
  readonly #problem: (message: string, cause: unknown) => void;
  readonly #followed = new Map<Followed, NodeAddress>();
  #listening: AbortController | undefined;

  constructor(question: SentinelQuestion, problem: (message: string, cause: unknown) => void) {
    this.#question = question;
    this.#problem = problem;
  }

  /** From now on until it is over. `at` is the primary's address as a Sentinel gave it. */
  follow(connection: Followed, at: NodeAddress): void {
    this.#followed.set(connection, at);
    this.#listening ??= this.#listen();
    connection.onOver(() => {
      this.#followed.delete(connection);
      if (this.#followed.size > 0) return;
      this.#listening?.abort();
      this.#listening = undefined;
    });
  }

  #listen(): AbortController {
    const listening = new AbortController();
    for (const sentinel of this.#question.database.sentinels?.addresses ?? []) {
      void listenToSentinel({
        question: this.#question,
        sentinel,
        signal: listening.signal,
        left: (primary) => this.#left(primary),
        problem: this.#problem,
      });
    }
    return listening;
  }

  #left({ host, port }: NodeAddress): void {
    for (const [connection, at] of [...this.#followed]) {
      if (at.host === host && at.port === port) connection.demoted();
    }
  }
}
