import type { Random } from './random.ts';

/** What the oracle must be able to do with a protocol. One per engine. */
export interface OracleEngine<S extends OracleSession> {
  /** How many people there are; they are numbered from 0. */
  readonly people: number;
  /** True when people may get each other's connections. */
  readonly shared: boolean;
  /** Things that a session does, in any order and any number. */
  readonly acts: readonly [Act<S>, ...(readonly Act<S>[])];
  /** Things that end a session. */
  readonly lastActs: readonly [Act<S>, ...(readonly Act<S>[])];
  /**
   * Signs a person in and proves that the connection remembers nobody.
   * @throws Violation, SessionEnded
   */
  open(person: number, name: string, random: Random): Promise<S>;
  /**
   * Whether a session may have ended as it did, because this engine killed its backend.
   * `session` is absent when it ended before its backend was known.
   */
  excuses(session: S | undefined): boolean;
  /** Called once at the end: compares what is stored with what was confirmed. @throws Violation */
  settle(): Promise<void>;
}

/** A signed-in client of one person. */
export interface OracleSession {
  /** The server's name for its side of the connection, never used twice. */
  readonly backend: string;
  /** Closes at once, whatever the state. */
  close(): void;
}

/** One thing that a session does. */
export interface Act<S extends OracleSession> {
  readonly name: string;
  readonly weight: number;
  /** Gives how many operations it was: statements, sign-ins and ends. @throws Violation, SessionEnded */
  run(session: S, random: Random): Promise<number>;
}
