import { bytesOf } from '../../support/postgres-messages.ts';
import type { RawPostgres } from '../../support/raw-postgres.ts';
import type { OracleSession } from '../oracle-engine.ts';
import { SessionEnded, Violation } from '../violation.ts';
import type { Exchange } from './exchange.ts';
import type { Journal } from './journal.ts';
import type { KillSwitch } from './kill-switch.ts';
import { readReply } from './reply.ts';

/** An answer that takes longer is lost. */
const answerMs = 60_000;

/** What a session is made of. */
export interface PostgresSessionParts {
  readonly client: RawPostgres;
  readonly person: number;
  readonly backend: string;
  /** As the gateway gave it. */
  readonly cancelKey: Buffer;
  /** Unique within the run. */
  readonly name: string;
  readonly journal: Journal;
  readonly killSwitch: KillSwitch;
  /** Sends a CancelRequest to the gateway. */
  readonly cancel: (key: Buffer) => Promise<void>;
}

/** A signed-in client, with what it must remember to know the right answers. */
export class PostgresSession implements OracleSession {
  readonly parts: PostgresSessionParts;
  /** Which of the known texts each prepared statement has. */
  readonly prepared = new Map<string, number>();
  /** The setting that is the session's own; empty until it is set. */
  marker = '';
  #words = 0;

  constructor(parts: PostgresSessionParts) {
    this.parts = parts;
  }

  get backend(): string {
    return this.parts.backend;
  }

  get person(): number {
    return this.parts.person;
  }

  get client(): RawPostgres {
    return this.parts.client;
  }

  /** A word that nobody else uses, ever. */
  word(): string {
    this.#words += 1;
    return `${this.parts.name.replaceAll(/\W/g, '_')}_${this.#words}`;
  }

  /** Sends everything at once, then reads all answers. @throws Violation, SessionEnded */
  async converse(exchanges: readonly Exchange[]): Promise<void> {
    this.say(exchanges);
    await this.hear(exchanges);
  }

  say(exchanges: readonly Exchange[]): void {
    this.client.write(bytesOf(...exchanges.flatMap(({ calls }) => calls)));
  }

  async hear(exchanges: readonly Exchange[]): Promise<void> {
    await this.inTime(async () => {
      for (const one of exchanges) one.check(await readReply(this.client));
    });
  }

  /** @throws Violation when it takes too long, which a lost answer does */
  async inTime<T>(work: () => Promise<T>): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.client.close();
    }, answerMs);
    try {
      return await work();
    } catch (thrown) {
      if (late && thrown instanceof SessionEnded) throw new Violation('an answer was lost');
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.client.close();
  }
}
