import type { Duplex } from 'node:stream';
import type { Secret } from '../core/index.ts';

/** Runs one statement over the in-process door with a well-kept driver. One per engine, registered in `compose/engine-registry.ts`. */
export interface QueryDriver {
  readonly takes: 'statement';
  /**
   * Signs in over `stream` with the token and runs the statement. Rows come as they arrive; not reading them holds
   * the database back. @throws Refusal, also for the database's own error (`statement_failed`)
   */
  run(stream: Duplex, token: Secret, query: QueryRequest): Promise<QueryResult>;
}

/** The same for an engine whose statements are lists of words and not text. */
export interface CommandDriver {
  readonly takes: 'command';
  /** As {@link QueryDriver.run}; the database's own error is `command_failed`. */
  run(stream: Duplex, token: Secret, query: CommandRequest): Promise<QueryResult>;
}

interface Asked {
  readonly database: string;
  /** The user name on the wire; the demand itself goes through the door (`SessionDemand.role`). Absent: no hint. */
  readonly role?: string;
}

/** One statement in the language of the database, with its parameters. */
export interface QueryRequest extends Asked {
  readonly statement: string;
  readonly parameters: readonly (string | number | boolean | null)[];
}

/** One command of a database that has no statements. */
export interface CommandRequest extends Asked {
  /** The command's name and its words, at least one. */
  readonly command: readonly [name: string, ...words: string[]];
}

/** The answer to a statement, row by row as it is read. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** 64-bit and decimal numbers are strings; NULL is null. */
  readonly rows: AsyncIterable<readonly QueryValue[]>;
  /** How many rows the statement changed, once `rows` has ended; undefined for a statement that changes none. */
  readonly rowsAffected: () => number | undefined;
  /** Cancels the statement if it still runs, and closes the stream. Always call it. */
  close(): Promise<void>;
}

/** One value as JSON can carry it. */
export type QueryValue = string | number | boolean | null | JsonText | readonly QueryValue[];

/** A JSON document as the database wrote it: passed on as text, so that no number in it loses digits. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
