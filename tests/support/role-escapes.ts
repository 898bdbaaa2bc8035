import type pg from 'pg';

/**
 * One way that was seen to leave, or might leave, a role which somebody only `SET` on a shared login. When the mapped
 * role is the login itself, none of them changes who the session is.
 */
export interface RoleEscape {
  readonly name: string;
  /** Run one after the other on one connection. */
  readonly statements: readonly string[];
  /** `refused`: one of the statements fails with 42501. `harmless`: all succeed, and nothing changes. */
  readonly end: 'refused' | 'harmless';
}

/** The forms, with `other` as the role that an attacker would like to be. */
export function roleEscapes(other: string): readonly RoleEscape[] {
  const refused = (name: string, ...statements: string[]): RoleEscape => ({
    name,
    statements,
    end: 'refused',
  });
  const harmless = (name: string, ...statements: string[]): RoleEscape => ({
    name,
    statements,
    end: 'harmless',
  });
  return [
    harmless('RESET ROLE', 'RESET ROLE'),
    harmless('SET ROLE NONE', 'SET ROLE NONE'),
    harmless('SET LOCAL ROLE NONE', 'BEGIN', 'SET LOCAL ROLE NONE', 'COMMIT'),
    harmless('SET SESSION AUTHORIZATION DEFAULT', 'SET SESSION AUTHORIZATION DEFAULT'),
    harmless('RESET SESSION AUTHORIZATION', 'RESET SESSION AUTHORIZATION'),
    harmless('DISCARD ALL', 'DISCARD ALL'),
    harmless('RESET ALL', 'RESET ALL'),
    harmless('set_config to none', `SELECT set_config('role', 'none', false)`),
    harmless('a DO block that resets', `DO $do$ BEGIN EXECUTE 'RESET ROLE'; END $do$`),
    harmless('COMMIT of a local role', 'BEGIN', 'SET LOCAL ROLE NONE', 'COMMIT AND CHAIN', 'ROLLBACK'),
    harmless('ROLLBACK AND CHAIN', 'BEGIN', 'ROLLBACK AND CHAIN', 'SET LOCAL ROLE NONE', 'ROLLBACK'),
    harmless('a rolled-back SET', 'BEGIN', 'SET ROLE NONE', 'ROLLBACK'),
    // The view hides `role`, so that its update rule finds no row.
    harmless('an update of pg_settings', `UPDATE pg_settings SET setting = '${other}' WHERE name = 'role'`),
    harmless('nothing at all (control)', 'SELECT 1'),
    refused('SET ROLE another', `SET ROLE "${other}"`),
    refused('SET LOCAL ROLE another', 'BEGIN', `SET LOCAL ROLE "${other}"`),
    refused('SET SESSION AUTHORIZATION another', `SET SESSION AUTHORIZATION "${other}"`),
    refused('set_config with a composed name', `SELECT set_config('ro' || 'le', '${other}', false)`),
    refused('a DO block', `DO $do$ BEGIN EXECUTE 'SET ' || 'ROLE "${other}"'; END $do$`),
    refused('COPY of set_config', `COPY (SELECT set_config('role', '${other}', false)) TO STDOUT`),
    refused('EXPLAIN ANALYZE of set_config', `EXPLAIN ANALYZE SELECT set_config('role', '${other}', false)`),
    refused('an escaped identifier', `SET U&"\\0072ole" = '${other}'`),
    refused(
      'a function with a role setting',
      `CREATE FUNCTION pg_temp.escape() RETURNS text LANGUAGE sql SET role = '${other}' AS 'SELECT current_user::text'`,
      `SELECT pg_temp.escape()`,
    ),
    refused(
      'a prepared statement',
      `PREPARE escape AS SELECT set_config('role', '${other}', false)`,
      'EXECUTE escape',
    ),
    refused('granting it to oneself', `GRANT "${other}" TO CURRENT_USER`),
  ];
}

/** What came of one form. */
export interface EscapeAttempt {
  readonly name: string;
  /** `refused`, `harmless`, or an unexpected SQLSTATE. */
  readonly end: string;
  readonly sessionUser: string;
  readonly currentUser: string;
}

/**
 * Tries every form on an open connection and says how each ended: compare with {@link expectedAttempts}.
 */
export async function tryRoleEscapes(
  client: pg.Client,
  other: string,
  protocol: 'simple' | 'extended',
): Promise<readonly EscapeAttempt[]> {
  const attempts: EscapeAttempt[] = [];
  for (const form of roleEscapes(other)) attempts.push(await tryRoleEscape(client, form, protocol));
  return attempts;
}

/** Tries one form. A statement that fails with anything but 42501 makes it end as its SQLSTATE. */
export async function tryRoleEscape(
  client: pg.Client,
  { name, statements }: RoleEscape,
  protocol: 'simple' | 'extended',
): Promise<EscapeAttempt> {
  let end = 'harmless';
  for (const text of statements) {
    const query: pg.QueryConfig & { queryMode?: 'extended' } =
      protocol === 'extended' ? { text, queryMode: 'extended' } : { text };
    const code = await client.query(query).then(
      () => undefined,
      (cause: pg.DatabaseError) => cause.code ?? cause.message,
    );
    if (code === undefined) continue;
    end = code === '42501' ? 'refused' : code;
    break;
  }
  await client.query('ROLLBACK');
  const { rows } = await client.query(`SELECT session_user AS s, current_user AS c`);
  return { name, end, sessionUser: rows[0].s, currentUser: rows[0].c };
}

/** What {@link tryRoleEscapes} gives when nothing escapes from `login`. */
export function expectedAttempts(other: string, login: string): readonly EscapeAttempt[] {
  return roleEscapes(other).map(({ name, end }) => ({ name, end, sessionUser: login, currentUser: login }));
}
