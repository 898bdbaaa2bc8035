import type { Finding } from '../../role-manager.ts';
import { account, identifier } from './identifier.ts';
import type { ServerSession } from './server-session.ts';
import type { Held, ServerState } from './server-state.ts';

const systemSchemas = `('mysql', 'sys', 'information_schema', 'performance_schema')`;

/**
 * Routines and views that run with the rights of an account that holds something on the whole server, and that a login
 * of a role may run: what the login may not do itself, it may do through them.
 */
export async function definerFindings(
  session: ServerSession,
  { accounts }: ServerState,
  logins: readonly string[],
  powerful: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const users = accounts.filter(({ name }) => logins.includes(name));
  const mayUse = (privilege: RegExp, schema: string, name: string) =>
    users
      .filter(({ holds }) => holds.some((held) => reaches(held, privilege, schema, name)))
      .map(({ name: login }) => login);

  const routines = await session.query(routinesQuery[session.product]);
  const views = await session.query(
    `SELECT TABLE_SCHEMA, TABLE_NAME, DEFINER, VIEW_DEFINITION FROM information_schema.VIEWS
      WHERE SECURITY_TYPE = 'DEFINER' AND TABLE_SCHEMA NOT IN ${systemSchemas}`,
  );
  return [
    ...(await unseenRoutines(session)),
    ...routines.flatMap(([schema = '', name = '', kind, definer]) =>
      powerful.has(definer ?? '')
        ? mayUse(/^(EXECUTE|ALL)/i, schema ?? '', name ?? '').map((login) => ({
            ...found(login, 'definer_routine', `${schema}.${name}`, definer),
            mend: `ALTER ${kind} ${identifier(schema ?? '')}.${identifier(name ?? '')} SQL SECURITY INVOKER`,
          }))
        : [],
    ),
    ...views.flatMap(([schema = '', name = '', definer, body]) =>
      powerful.has(definer ?? '')
        ? mayUse(/^(SELECT|INSERT|UPDATE|DELETE|ALL)/i, schema ?? '', name ?? '').map((login) => ({
            ...found(login, 'definer_view', `${schema}.${name}`, definer),
            mend: `ALTER SQL SECURITY INVOKER VIEW ${identifier(schema ?? '')}.${identifier(name ?? '')} AS ${body || '…'}`,
          }))
        : [],
    ),
  ];
}

function found(
  login: string,
  code: 'definer_routine' | 'definer_view',
  object: string,
  definer: string | null | undefined,
): Omit<Finding, 'mend'> {
  const verb = code === 'definer_view' ? 'use' : 'run';
  return {
    severity: code === 'definer_view' ? 'warning' : 'danger',
    code,
    meaning: `login ${login} can ${verb} ${object} with the rights of ${definer}, who holds privileges on the whole server`,
  };
}

const routinesQuery = {
  mysql: `SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, DEFINER FROM information_schema.ROUTINES
           WHERE SECURITY_TYPE = 'DEFINER' AND ROUTINE_SCHEMA NOT IN ${systemSchemas}`,
  mariadb: `SELECT db, name, type, definer FROM mysql.proc
             WHERE security_type = 'DEFINER' AND db NOT IN ${systemSchemas}`,
} as const;

/** MySQL shows routines to those who may run or change them, or see all of them; MariaDB keeps them in a table. */
async function unseenRoutines(session: ServerSession): Promise<readonly Finding[]> {
  if (session.product === 'mariadb') return [];
  const [row] = await session.query(
    `SELECT CURRENT_USER(), EXISTS (
       SELECT * FROM information_schema.USER_PRIVILEGES
        WHERE PRIVILEGE_TYPE IN ('SHOW_ROUTINE', 'SELECT')
          AND GRANTEE = CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''',
                               SUBSTRING_INDEX(CURRENT_USER(), '@', -1), ''''))`,
  );
  const [manager = '', sees] = row ?? [];
  if (sees === '1') return [];
  const at = (manager ?? '').lastIndexOf('@');
  const name = account((manager ?? '').slice(0, at), (manager ?? '').slice(at + 1));
  return [
    {
      severity: 'note',
      code: 'routines_unseen',
      meaning: 'the manager account sees no routines, so that nothing is known of whose rights they run with',
      mend: `GRANT SHOW_ROUTINE ON *.* TO ${name}`,
    },
  ];
}

function reaches({ kind, object, privilege }: Held, wanted: RegExp, schema: string, name: string): boolean {
  if (!wanted.test(privilege)) return false;
  switch (kind) {
    case 'server':
      return true;
    case 'database':
      return patternOf(object).test(schema);
    case 'table':
    case 'routine':
      return object === `${schema}.${name}`;
    default:
      return false;
  }
}

/** A database after GRANT … ON may be a pattern: `_` and `%` are wildcards, a backslash takes that from them. */
function patternOf(written: string): RegExp {
  const source = written.replaceAll(/\\([\\_%])|([_%])|([^\w])/g, (_, literal, wildcard, other) => {
    if (wildcard !== undefined) return wildcard === '_' ? '.' : '.*';
    const character: string = literal ?? other;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return new RegExp(`^${source}$`, 's');
}
