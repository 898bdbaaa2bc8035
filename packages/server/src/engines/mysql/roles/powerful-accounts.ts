import type { Finding } from '../../role-manager.ts';
import { account } from './identifier.ts';
import type { ServerSession } from './server-session.ts';
import type { ServerState } from './server-state.ts';

/** Accounts and roles with a privilege on the whole server, as `name@host`; a role of MariaDB has no host. */
export async function readPowerful(session: ServerSession): Promise<ReadonlySet<string>> {
  const rows = await session.query(powerfulQuery[session.product]);
  return new Set(rows.map(([grantee]) => unquoted(grantee ?? '')));
}

/** MariaDB's view has no roles. */
const powerfulQuery = {
  mysql: `SELECT DISTINCT GRANTEE FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE <> 'USAGE'`,
  mariadb: `SELECT CONCAT('''', User, '''@''', Host, '''') FROM mysql.global_priv
             WHERE COALESCE(JSON_VALUE(Priv, '$.access'), 0) <> 0`,
} as const;

/** Logins that may take such a role, by default or by SET ROLE. Pure. */
export function roleFindings(
  { accounts }: ServerState,
  logins: readonly string[],
  powerful: ReadonlySet<string>,
): readonly Finding[] {
  return accounts
    .filter(({ name }) => logins.includes(name))
    .flatMap(({ name, host, holds }) =>
      holds
        .filter(({ kind, object }) => kind === 'role' && powerful.has(unquoted(object)))
        .map(
          ({ object }): Finding => ({
            severity: 'danger',
            code: 'powerful_role',
            meaning: `login ${name} may take the role ${object}, which holds privileges on the whole server`,
            mend: `REVOKE ${object} FROM ${account(name, host)}`,
          }),
        ),
    );
}

/** As the definer of a routine is written: `'name'@'host'` without the quotes. */
function unquoted(written: string): string {
  const [, name = written, host = ''] = /^'(.*?)'(?:@'(.*)')?$/s.exec(written) ?? [];
  return `${name}@${host}`;
}
