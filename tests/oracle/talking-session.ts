import type { Journal } from './journal.ts';
import type { KillSwitch } from './kill-switch.ts';
import type { OracleSession } from './oracle-engine.ts';
import { SessionEnded, Violation } from './violation.ts';

/** An answer that takes longer is lost. */
const answerMs = 60_000;

/** Something said to the server that has one answer, and what that answer must be. */
export interface Checked<R> {
  /** @throws Violation */
  check(reply: R): void;
}

/** What a session of any engine is made of. */
export interface SessionParts {
  readonly person: number;
  readonly backend: string;
  /** Unique within the run. */
  readonly name: string;
  readonly journal: Journal;
  readonly killSwitch: KillSwitch;
}

/** A signed-in client that says things and knows what it must hear. */
export abstract class TalkingSession<E extends Checked<R>, R, P extends SessionParts = SessionParts>
  implements OracleSession
{
  readonly parts: P;
  #words = 0;

  constructor(parts: P) {
    this.parts = parts;
  }

  get backend(): string {
    return this.parts.backend;
  }

  get person(): number {
    return this.parts.person;
  }

  /** A word that nobody else uses, ever. */
  word(): string {
    this.#words += 1;
    return `w${this.parts.name.replaceAll(/\W/g, '_')}_${this.#words}`;
  }

  /** Sends everything at once, then reads all answers. @throws Violation, SessionEnded */
  async converse(exchanges: readonly E[]): Promise<void> {
    this.say(exchanges);
    await this.hear(exchanges);
  }

  async hear(exchanges: readonly E[]): Promise<void> {
    await this.inTime(async () => {
      for (const one of exchanges) one.check(await this.answerTo(one));
    });
  }

  /** @throws Violation when it takes too long, which a lost answer does */
  async inTime<T>(work: () => Promise<T>): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.close();
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

  abstract say(exchanges: readonly E[]): void;

  abstract close(): void;

  /** Reads the whole answer. @throws SessionEnded when the connection ends before */
  protected abstract answerTo(exchange: E): Promise<R>;
}
