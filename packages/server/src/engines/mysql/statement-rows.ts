import type { Duplex } from 'node:stream';
import type { Connection, FieldPacket, Query, ResultSetHeader } from 'mysql2';
import { Refusal } from '../../core/index.ts';
import { ArrivingRows } from '../arriving-rows.ts';
import type { QueryRequest } from '../query-driver.ts';

/** One statement and its rows as the driver reads them: the text protocol without parameters, a prepared statement with. */
export class StatementRows implements AsyncIterable<readonly unknown[]> {
  /** From the server's OK, for a statement without rows of its own. */
  rowsAffected: number | undefined;
  readonly #rows: ArrivingRows<readonly unknown[]>;
  readonly #fields = Promise.withResolvers<readonly FieldPacket[]>();
  #results = 0;

  /** `stream` is what the connection reads from. */
  constructor(stream: Duplex, connection: Connection, { statement, parameters }: QueryRequest) {
    this.#rows = new ArrivingRows(stream, connection);
    const command: Query =
      parameters.length === 0
        ? connection.query({ sql: statement, typeCast: exactBytes })
        : connection.execute({ sql: statement, values: [...parameters], typeCast: exactBytes });
    // Nobody may be waiting for the fields when the statement fails later.
    this.#fields.promise.catch(() => {});
    command.on('fields', (fields: readonly FieldPacket[] | undefined) => this.#begin(fields));
    command.on('result', (row: DriverRow) => {
      if (isRow(row)) this.#rows.push(row);
      else this.rowsAffected ??= Number(row.affectedRows);
    });
    command.on('error', (cause: Error) => this.#fail(cause));
    command.on('end', () => this.#rows.end());
    // The driver says nothing to a statement that is read row by row.
    connection.on('error', (cause: Error) => this.#fail(cause));
    stream.once('close', () => this.#fields.reject(new Error('the session ended')));
  }

  /** The columns, once the server has described them; none for a statement without rows. @throws the driver's error */
  get fields(): Promise<readonly FieldPacket[]> {
    return this.#fields.promise;
  }

  /** Whether the server has answered it completely, so that the connection is idle. */
  get ended(): boolean {
    return this.#rows.ended;
  }

  [Symbol.asyncIterator](): AsyncGenerator<readonly unknown[]> {
    return this.#rows[Symbol.asyncIterator]();
  }

  #fail(cause: Error): void {
    this.#rows.fail(cause);
    this.#fields.reject(cause);
  }

  #begin(fields: readonly FieldPacket[] | undefined): void {
    if (fields === undefined) {
      this.#fields.resolve([]);
      return;
    }
    this.#results += 1;
    // CALL may give several, and an answer has room for one.
    if (this.#results > 1)
      this.#fail(new Refusal('feature_not_offered', { what: 'A second result over HTTP' }));
    this.#fields.resolve(fields);
  }
}

type DriverRow = readonly unknown[] | ResultSetHeader;

function isRow(row: DriverRow): row is readonly unknown[] {
  return Array.isArray(row);
}

/** The driver would make objects of these, and lose bytes. */
function exactBytes(field: { readonly type: string; buffer(): Buffer | null }, next: () => unknown): unknown {
  return field.type === 'GEOMETRY' || field.type === 'VECTOR' ? field.buffer() : next();
}
