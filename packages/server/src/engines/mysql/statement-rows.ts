import type { Duplex, Readable } from 'node:stream';
import type { Connection, FieldPacket, Query, ResultSetHeader } from 'mysql2';
import { Refusal } from '../../core/index.ts';
import { mostHeldBytes, type QueryRequest, rowsTooLarge } from '../query-driver.ts';

/** Rows that the driver may hold ahead of the reader. */
const rowsAhead = 32;

/** One statement and its rows as the driver reads them: the text protocol without parameters, a prepared statement with. */
export class StatementRows {
  /** Lists of values, and what an OK packet said. Not reading them holds the server back. */
  readonly rows: Readable;
  /** Whether the server has answered it completely, so that the connection is idle. */
  ended = false;
  /** From the server's OK, for a statement without rows of its own. */
  rowsAffected: number | undefined;
  readonly #fields = Promise.withResolvers<readonly FieldPacket[]>();
  #results = 0;
  /** Bytes of the answer so far, and how many there were at each row that nobody took yet, in order. */
  #arrived = 0;
  readonly #arrivedAtRow: number[] = [];
  #taken = 0;

  /** `stream` is what the connection reads from. */
  constructor(stream: Duplex, connection: Connection, { statement, parameters }: QueryRequest) {
    const command: Query =
      parameters.length === 0
        ? connection.query({ sql: statement, typeCast: exactBytes })
        : connection.execute({ sql: statement, values: [...parameters], typeCast: exactBytes });
    stream.on('data', (chunk: Buffer) => {
      this.#arrived += chunk.length;
      if (this.#arrived - this.#taken <= mostHeldBytes) return;
      this.fail(rowsTooLarge());
      stream.destroy();
    });
    command.on('result', () => this.#arrivedAtRow.push(this.#arrived));
    this.rows = command.stream({ highWaterMark: rowsAhead });
    this.rows.on('error', (cause) => this.#fields.reject(cause));
    // Nobody may be waiting for the fields when the statement fails later.
    this.#fields.promise.catch(() => {});
    command.on('fields', (fields: readonly FieldPacket[] | undefined) => this.#begin(fields));
    command.on('end', () => {
      this.ended = true;
    });
  }

  /** The columns, once the server has described them; none for a statement without rows. @throws the driver's error */
  get fields(): Promise<readonly FieldPacket[]> {
    return this.#fields.promise;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly unknown[]> {
    for await (const row of this.rows) {
      this.#taken = this.#arrivedAtRow.shift() ?? this.#arrived;
      if (isRow(row)) yield row;
      else this.rowsAffected ??= Number(row.affectedRows);
    }
  }

  /** Ends the reading with an error, for what the driver tells the connection alone. */
  fail(cause: Error): void {
    if (!this.rows.destroyed) this.rows.destroy(cause);
  }

  #begin(fields: readonly FieldPacket[] | undefined): void {
    if (fields === undefined) {
      this.#fields.resolve([]);
      return;
    }
    this.#results += 1;
    // CALL may give several, and an answer has room for one.
    if (this.#results > 1)
      this.fail(new Refusal('feature_not_offered', { what: 'A second result over HTTP' }));
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
