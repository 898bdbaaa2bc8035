import { bytesOf, query } from '../../support/postgres-messages.ts';
import type { RawPostgres } from '../../support/raw-postgres.ts';
import { Violation } from '../violation.ts';
import { expectReply } from './exchange.ts';
import { type Reply, readReply } from './reply.ts';
import { backendName } from './world.ts';

/** What a session finds that nobody has used before, whoever it is. */
const cleanState = {
  prepared: '0',
  cursors: '0',
  listening: '0',
  advisory: '0',
  temporary: 'none',
  marker: '',
  statement_timeout: '0',
  search_path: '"$user", public',
  read_only: 'off',
  encoding: 'UTF8',
  user: 'app_readwrite app_readwrite',
} as const;

const probe = `
  SELECT (SELECT ${backendName} FROM pg_stat_activity WHERE pid = pg_backend_pid()),
    current_setting('application_name'),
    (SELECT count(*) FROM pg_prepared_statements),
    (SELECT count(*) FROM pg_cursors),
    (SELECT count(*) FROM pg_listening_channels()),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
    coalesce(to_regclass('pg_temp.left_behind')::text, 'none'),
    coalesce(current_setting('oracle.marker', true), ''),
    current_setting('statement_timeout'),
    current_setting('search_path'),
    current_setting('default_transaction_read_only'),
    current_setting('client_encoding'),
    session_user || ' ' || current_user`;

/**
 * Proves that a connection remembers nobody, and finds out its backend.
 * @throws Violation, SessionEnded
 */
export async function proveClean(client: RawPostgres, application: string): Promise<string> {
  client.write(bytesOf(query(probe), query('SELECT lastval()')));
  const state = await readReply(client);
  const backend = checkState(state, application);
  expectReply(await readReply(client), {
    types: 'TE',
    codes: ['55000'],
    texts: ['lastval is not yet defined in this session'],
  });
  return backend;
}

function checkState(reply: Reply, application: string): string {
  const [row = []] = reply.rows;
  const [backend = '', ...found] = row.map(String);
  const wanted = [application, ...Object.values(cleanState)];
  const names = ['application_name', ...Object.keys(cleanState)];
  const wrong = names.filter((_, index) => found[index] !== wanted[index]);
  if (reply.types !== 'TDCZ' || backend === '' || wrong.length > 0) {
    throw new Violation(`a new session finds ${wrong.join(', ')}: ${reply.types} ${found} ${reply.texts}`);
  }
  return backend;
}
