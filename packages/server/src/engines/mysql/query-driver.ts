import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import mysql, { type Connection, type QueryError } from 'mysql2';
import { Refusal, type Secret } from '../../core/index.ts';
import type { QueryDriver, QueryRequest, QueryResult, QueryValue } from '../query-driver.ts';
import { fatalErrnos, plugin } from './protocol.ts';
import { columnType } from './query-values.ts';
import { StatementRows } from './statement-rows.ts';

/** How long a friendly good-bye may take before the stream is cut. */
const farewellMs = 1000;

/** MySQL and MariaDB over mysql2. The user name is the demanded role, which is a hint; the door enforces the demand. */
export const mysqlQueryDriver: QueryDriver = {
  takes: 'statement',
  async run(stream, token, query) {
    const connection = await signIn(stream, token, query);
    const statement = new StatementRows(stream, connection, query);
    try {
      const columns = (await statement.fields).map((field) => ({ field, type: columnType(field) }));
      return answer(stream, connection, statement, columns);
    } catch (thrown) {
      stream.destroy();
      throw statementRefusal(thrown);
    }
  },
};

async function signIn(stream: Duplex, token: Secret, query: QueryRequest): Promise<Connection> {
  const connection = mysql.createConnection({
    stream,
    user: query.role ?? 'grantway',
    database: query.database,
    password: token.reveal(),
    // The stream never leaves the process: the token needs no encryption, and no bound on its length.
    authPlugins: {
      [plugin.cachingSha2]: mysql.authPlugins.caching_sha2_password({ overrideIsSecure: true }),
    },
    connectAttributes: { program_name: 'grantway-http' },
    // The door has its own deadline, and a connection of the pool may be worth waiting for.
    connectTimeout: 0,
    charset: 'UTF8MB4_GENERAL_CI',
    // Lists instead of objects, and no code made of column names, which may be anybody's.
    rowsAsArray: true,
    disableEval: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    flags: ['-LOCAL_FILES'],
  });
  try {
    await Promise.race([once(connection, 'connect'), closed(stream)]);
  } catch (thrown) {
    stream.destroy();
    throw signInRefusal(thrown);
  }
  return connection;
}

async function closed(stream: Duplex): Promise<never> {
  if (!stream.destroyed) await new Promise((resolve) => stream.once('close', resolve));
  throw new Error('the session ended');
}

interface Column {
  readonly field: { readonly name: string };
  readonly type: ReturnType<typeof columnType>;
}

function answer(
  stream: Duplex,
  connection: Connection,
  statement: StatementRows,
  columns: readonly Column[],
): QueryResult {
  async function* rows(): AsyncGenerator<readonly QueryValue[]> {
    try {
      for await (const row of statement) {
        yield columns.map(({ type }, index) => {
          const value = row[index];
          return value === null || value === undefined ? null : type.read(value);
        });
      }
    } catch (thrown) {
      stream.destroy();
      throw statementRefusal(thrown);
    }
  }

  return {
    columns: columns.map(({ field, type }) => ({ name: field.name, type: type.name })),
    rows: rows(),
    rowsAffected: () => statement.rowsAffected,
    async close() {
      // While the statement runs only cutting the stream ends it: the gateway then cancels it on the database.
      if (statement.ended && !stream.destroyed) await farewell(stream, connection);
      stream.destroy();
    },
  };
}

async function farewell(stream: Duplex, connection: Connection): Promise<void> {
  const deadline = Promise.withResolvers<void>();
  const timer = setTimeout(deadline.resolve, farewellMs);
  // A failed good-bye needs no report: the stream is cut next.
  const gone = once(stream, 'end').catch(() => {});
  connection.end();
  await Promise.race([gone, deadline.promise]);
  clearTimeout(timer);
}

/** The statement's own error goes to the caller as the database worded it; anything else is a lost session. */
function statementRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (isServerError(thrown) && !fatalErrnos.has(thrown.errno)) {
    return new Refusal('statement_failed', { message: thrown.message, sqlstate: thrown.sqlState }, thrown);
  }
  return new Refusal('upstream_lost', {}, thrown);
}

/** Why the session did not begin, as far as the wire tells it; the door's own refusal is more exact where it is known. */
function signInRefusal(thrown: unknown): Refusal {
  if (!isServerError(thrown)) return new Refusal('upstream_lost', {}, thrown);
  if (thrown.errno === 1045) return new Refusal('token_invalid', {}, thrown);
  if (thrown.errno === 1040) return new Refusal('too_many_connections', {}, thrown);
  return new Refusal('forbidden', { what: thrown.message }, thrown);
}

type ServerError = QueryError & { readonly errno: number; readonly sqlState: string };

/** Whether the server said it, and not the driver or the network. */
function isServerError(thrown: unknown): thrown is ServerError {
  return (
    thrown instanceof Error &&
    'errno' in thrown &&
    typeof thrown.errno === 'number' &&
    'sqlState' in thrown &&
    typeof thrown.sqlState === 'string'
  );
}
