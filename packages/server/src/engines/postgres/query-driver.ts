import type { Duplex } from 'node:stream';
import pg from 'pg';
import { Refusal, type Secret } from '../../core/index.ts';
import type { QueryDriver, QueryRequest, QueryResult, QueryValue } from '../query-driver.ts';
import { driverSocket } from './driver-socket.ts';
import { valueType } from './query-values.ts';
import { StatementCursor, type TextRow } from './statement-cursor.ts';
import { StatementRows } from './statement-rows.ts';

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
    const rows = new StatementRows(stream, cursor);
    try {
      await rows.begun();
      return answer(stream, client, cursor, rows, refusalOf);
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

function answer(
  stream: Duplex,
  client: pg.Client,
  cursor: StatementCursor,
  arriving: StatementRows,
  refusalOf: (thrown: unknown) => Refusal,
): QueryResult {
  const types = cursor.fields.map(({ dataTypeID }) => valueType(dataTypeID));
  const readRow = (row: TextRow): readonly QueryValue[] =>
    row.map((value, index) => (value === null ? null : (types[index]?.read(value) ?? value)));

  async function* rows(): AsyncGenerator<readonly QueryValue[]> {
    try {
      for await (const row of arriving) yield readRow(row);
    } catch (thrown) {
      throw refusalOf(thrown);
    }
  }

  return {
    columns: cursor.fields.map(({ name }, index) => ({ name, type: types[index]?.name ?? 'unknown' })),
    rows: rows(),
    rowsAffected: () => cursor.rowsAffected,
    async close() {
      if (!stream.destroyed) await farewell(client, arriving);
      // A statement that still runs is ended by that: the gateway then cancels it on the database.
      stream.destroy();
    },
  };
}

async function farewell(client: pg.Client, rows: StatementRows): Promise<void> {
  const deadline = Promise.withResolvers<void>();
  const timer = setTimeout(deadline.resolve, farewellMs);
  const goodbye = async () => {
    await rows.close();
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
