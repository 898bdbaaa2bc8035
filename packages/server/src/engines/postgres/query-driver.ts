import type { Duplex } from 'node:stream';
import pg from 'pg';
import { Refusal, type Secret } from '../../core/index.ts';
import {
  mostHeldBytes,
  type QueryDriver,
  type QueryRequest,
  type QueryResult,
  type QueryValue,
  rowsTooLarge,
} from '../query-driver.ts';
import { driverSocket } from './driver-socket.ts';
import { valueType } from './query-values.ts';
import { StatementCursor } from './statement-cursor.ts';

/** The first portion of rows, and how many bytes of text a later portion aims at: what a slow reader can make us hold. */
const firstPortion = 32;
const portionBytes = 256 * 1024;
const mostRowsInPortion = 1000;

/** How long a friendly good-bye may take before the stream is cut. */
const farewellMs = 1000;

/** PostgreSQL over node-postgres. The user name is the demanded role, which is a hint; the door enforces the demand. */
export const postgresQueryDriver: QueryDriver = {
  takes: 'statement',
  async run(stream, token, query) {
    const client = await signIn(stream, token, query);
    let copying = false;
    const cursor = new StatementCursor(query.statement, query.parameters, () => {
      copying = true;
      stream.destroy();
    });
    const refusalOf = (thrown: unknown) =>
      copying ? new Refusal('feature_not_offered', { what: 'COPY over HTTP' }) : statementRefusal(thrown);

    client.query(cursor);
    try {
      const first = await readPortion(stream, cursor, firstPortion);
      return answer(stream, client, cursor, first, refusalOf);
    } catch (thrown) {
      stream.destroy();
      throw refusalOf(thrown);
    }
  },
};

async function signIn(stream: Duplex, token: Secret, query: QueryRequest): Promise<pg.Client> {
  const client = new pg.Client({
    stream: () => driverSocket(stream),
    user: query.role ?? 'grantway',
    database: query.database,
    password: token.reveal(),
    application_name: 'grantway-http',
    // The stream never leaves the process; without this line PGSSLMODE of our own environment would count.
    ssl: false,
  });
  // Without a listener the end of the session would be an uncaught exception; the statement hears of it by itself.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (thrown) {
    stream.destroy();
    throw signInRefusal(thrown);
  }
  return client;
}

type Portion = readonly (readonly (string | null)[])[];

function answer(
  stream: Duplex,
  client: pg.Client,
  cursor: StatementCursor,
  first: Portion,
  refusalOf: (thrown: unknown) => Refusal,
): QueryResult {
  const types = cursor.fields.map(({ dataTypeID }) => valueType(dataTypeID));
  const readRow = (row: readonly (string | null)[]): readonly QueryValue[] =>
    row.map((value, index) => (value === null ? null : (types[index]?.read(value) ?? value)));
  let reading = false;

  async function* rows(): AsyncGenerator<readonly QueryValue[]> {
    let asked = firstPortion;
    let portion = first;
    for (;;) {
      for (const row of portion) yield readRow(row);
      if (portion.length < asked) return;
      asked = nextPortion(portion);
      reading = true;
      try {
        portion = await readPortion(stream, cursor, asked);
      } catch (thrown) {
        throw refusalOf(thrown);
      }
      reading = false;
    }
  }

  return {
    columns: cursor.fields.map(({ name }, index) => ({ name, type: types[index]?.name ?? 'unknown' })),
    rows: rows(),
    rowsAffected: () => cursor.rowsAffected,
    async close() {
      // Between two portions the statement can be ended in the protocol, which commits what it did. While it runs
      // only cutting the stream ends it: the gateway then cancels it on the database.
      if (!reading && !stream.destroyed) await farewell(client, cursor);
      stream.destroy();
    },
  };
}

function readPortion(stream: Duplex, cursor: StatementCursor, rows: number): Promise<Portion> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const look = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostHeldBytes) stream.destroy();
    };
    const fail = (cause: Error) => reject(bytes > mostHeldBytes ? rowsTooLarge() : cause);
    // The cursor says nothing when the stream ends between the last row and the server's "ready".
    const lost = () => fail(new Error('the session ended'));
    if (stream.destroyed) return lost();
    stream.once('close', lost);
    stream.on('data', look);
    cursor.read(rows, (error, portion) => {
      stream.off('close', lost);
      stream.off('data', look);
      if (error) fail(error);
      else resolve(portion);
    });
  });
}

function nextPortion(portion: Portion): number {
  let bytes = 1;
  for (const row of portion) for (const value of row) bytes += value?.length ?? 4;
  const fitting = Math.floor((portion.length * portionBytes) / bytes);
  // Twice as many at most: what comes next may be larger than what came.
  return Math.max(1, Math.min(mostRowsInPortion, 2 * portion.length, fitting));
}

async function farewell(client: pg.Client, cursor: StatementCursor): Promise<void> {
  const deadline = Promise.withResolvers<void>();
  const timer = setTimeout(deadline.resolve, farewellMs);
  const goodbye = async () => {
    await cursor.close();
    await client.end();
  };
  // A failed good-bye needs no report: the stream is cut next.
  await Promise.race([goodbye().catch(() => {}), deadline.promise]);
  clearTimeout(timer);
}

/** The statement's own error goes to the caller as the database worded it; anything else is a lost session. */
function statementRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  // The severity may be translated; these are what ends a connection (57P: shutdown, 08: connection).
  if (thrown instanceof pg.DatabaseError && !/^(57P|08(?!P01))/.test(thrown.code ?? '')) {
    const sqlstate = thrown.code ?? 'XX000';
    return new Refusal('statement_failed', { message: thrown.message, sqlstate }, thrown);
  }
  return new Refusal('upstream_lost', {}, thrown);
}

/** Why the session did not begin, as far as the wire tells it; the door's own refusal is more exact where it is known. */
function signInRefusal(thrown: unknown): Refusal {
  if (!(thrown instanceof pg.DatabaseError)) return new Refusal('upstream_lost', {}, thrown);
  if (thrown.code === '28P01') return new Refusal('token_invalid', {}, thrown);
  if (thrown.code === '53300') return new Refusal('too_many_connections', {}, thrown);
  return new Refusal('forbidden', { what: thrown.message }, thrown);
}
