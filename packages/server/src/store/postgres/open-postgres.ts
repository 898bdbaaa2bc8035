import { Kysely, PostgresDialect } from 'kysely';
import { Pool, TypeOverrides, types } from 'pg';
import { Refusal } from '../../core/index.ts';
import type { Tables } from '../tables.ts';

/**
 * Opens a pool to the store's database; connections are made when they are needed.
 * @throws Error when the URL cannot be read. It never repeats the URL, which may hold a password.
 */
export function openPostgres(url: string): Kysely<Tables> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Error(
      'The address of the store is not a PostgreSQL URL. Write postgres://user:password@host:5432/database.',
    );
  }
  const pool = new Pool({
    connectionString: url,
    application_name: 'grantway',
    max: 10,
    connectionTimeoutMillis: 5_000,
    // A store that hangs must refuse sign-ins rather than hold them; no query of ours takes longer.
    statement_timeout: 30_000,
    // A gateway that froze inside a transaction would else keep the revocation log locked for all the others.
    idle_in_transaction_session_timeout: 10_000,
    types: integersAsNumbers(),
  });
  // A connection that breaks is dropped by the pool, and whoever uses it is told by the query. Without a listener the
  // event would end the process: the pool listens to idle connections only, and nobody to those in use.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const connect = () =>
    pool.connect().catch((cause: unknown) => {
      throw new Refusal('store_unavailable', {}, cause);
    });
  const reachable = { options: pool.options, connect, end: () => pool.end() };
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: reachable }) });
}

/** `bigint` arrives as text, because it can hold more than a number; ours are times and counters and fit. */
function integersAsNumbers(): TypeOverrides {
  const overrides = new TypeOverrides();
  overrides.setTypeParser(types.builtins.INT8, (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError('the store holds an integer beyond 2^53');
    return value;
  });
  return overrides;
}
