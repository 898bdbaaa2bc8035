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
  /** Demanded role; absent: the token's default. */
  readonly role?: string;
  readonly statement: string;
  readonly parameters: readonly (string | number | boolean | null)[];
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** 64-bit and decimal numbers are strings; NULL is null. */
  readonly rows: AsyncIterable<readonly (string | number | boolean | null | object)[]>;
  /** Cancels the statement if it still runs, and closes the stream. Always call it. */
  close(): Promise<void>;
}
