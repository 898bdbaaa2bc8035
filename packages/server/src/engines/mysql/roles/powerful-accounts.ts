import type { Finding } from '../../role-manager.ts';
import { quoted } from './identifier.ts';
import type { Reach, ReachedRole } from './role-reach.ts';
import type { ServerSession } from './server-session.ts';

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

/** Logins that may take such a role, by default or by SET ROLE, by way of another, or because everybody has it. Pure. */
export function roleFindings(reaches: readonly Reach[], powerful: ReadonlySet<string>): readonly Finding[] {
  const found = reaches.flatMap(({ login, roles }) =>
    roles
      .filter(({ name }) => powerful.has(name))
      .map((role): Finding => {
        const who = role.grantedTo === undefined ? 'every account' : `login ${login}`;
        return {
          severity: 'danger',
          code: 'powerful_role',
          meaning: `${who} may take the role ${role.sql}, which holds privileges on the whole server`,
          mend: withoutRole(role, roles),
        };
      }),
  );
  // What everybody has is said once.
  return [...new Map(found.map((one) => [one.meaning, one])).values()];
}

function withoutRole({ sql, grantedTo, name }: ReachedRole, roles: readonly ReachedRole[]): string {
  if (grantedTo !== undefined) return `REVOKE ${sql} FROM ${grantedTo}`;
  if (sql === 'PUBLIC') return 'REVOKE ALL PRIVILEGES ON *.* FROM PUBLIC';
  const left = roles.filter((other) => other.grantedTo === undefined && other.name !== name);
  return `SET PERSIST mandatory_roles = ${quoted(left.map((other) => other.sql).join(','))}`;
}

/** As the definer of a routine is written: `'name'@'host'` without the quotes. */
function unquoted(written: string): string {
  const [, name = written, host = ''] = /^'(.*?)'(?:@'(.*)')?$/s.exec(written) ?? [];
  return `${name}@${host}`;
}
