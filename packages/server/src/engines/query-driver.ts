import type { Duplex } from 'node:stream';
import type { Secret } from '../core/index.ts';

/** Runs one statement over the in-process door with a well-kept driver. One per engine, registered in `compose.ts`. */
export interface QueryDriver {
  /**
   * Signs in over `stream` with the token and runs the statement. Rows come as they arrive; not reading them holds
   * the database back. @throws Refusal, also for the database's own error (`statement_failed`)
   */
  run(stream: Duplex, token: Secret, query: QueryRequest): Promise<QueryResult>;
}

export interface QueryRequest {
  readonly database: string;
  /** The user name on the wire; the demand itself goes through the door (`SessionDemand.role`). Absent: no hint. */
  readonly role?: string;
  readonly statement: string;
  readonly parameters: readonly (string | number | boolean | null)[];
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** 64-bit and decimal numbers are strings; NULL is null. */
  readonly rows: AsyncIterable<readonly QueryValue[]>;
  /** How many rows the statement changed, once `rows` has ended; undefined for a statement that changes none. */
  readonly rowsAffected: () => number | undefined;
  /** Cancels the statement if it still runs, and closes the stream. Always call it. */
  close(): Promise<void>;
}

export type QueryValue = string | number | boolean | null | JsonText | readonly QueryValue[];

/** A JSON document as the database wrote it: passed on as text, so that no number in it loses digits. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
