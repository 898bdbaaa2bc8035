import type { ManagerConnection } from './connection.ts';

/** What a lock of one apply is called. Every login may take it as well: the server has no names that are the manager's alone. */
const key = `hashtextextended('grantway roles apply', 0)`;

/**
 * Begins a transaction in which no other apply runs: two at once would both find the same roles missing. It waits for the
 * manager account alone. A login of people that holds the lock keeps nobody from an apply: two that then run at once
 * fail at the first thing that both make, and leave nothing behind.
 */
export async function beginAlone({ client }: ManagerConnection): Promise<void> {
  await client.query('BEGIN');
  const { rows } = await client.query<{ locked: boolean; sees: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${key}) AS locked,
            has_table_privilege('pg_catalog.pg_stat_activity', 'SELECT')
              AND has_function_privilege('pg_catalog.pg_stat_get_activity(integer)', 'EXECUTE') AS sees`,
  );
  if (rows[0]?.locked || (rows[0]?.sees && (await isHeldByOthers(client)))) return;
  await client.query(`SELECT pg_advisory_xact_lock(${key})`);
}

async function isHeldByOthers(client: ManagerConnection['client']): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND d.datname = current_database()
        AND (l.classid::bigint << 32) | l.objid::bigint = ${key} AND a.usename <> session_user`,
  );
  return rowCount !== 0;
}
