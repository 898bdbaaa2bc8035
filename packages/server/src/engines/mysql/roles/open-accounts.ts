import type { Finding } from '../../role-manager.ts';
import { identifier, inSql, quoted } from './identifier.ts';
import type { ServerSession } from './server-session.ts';

/** Plugins for which an empty text is no password; of others it says nothing. */
const passwordPlugins = ['', 'mysql_native_password', 'caching_sha2_password', 'sha256_password']
  .map(quoted)
  .join(', ');

/** Ways into the server that are no login of a role, and that are open to everybody who reaches it. */
export async function openAccounts(
  session: ServerSession,
  logins: readonly string[],
): Promise<readonly Finding[]> {
  return [...(await withoutPassword(session, logins)), ...(await openDatabases(session))];
}

async function withoutPassword(
  session: ServerSession,
  logins: readonly string[],
): Promise<readonly Finding[]> {
  const rows = await session.query(
    session.product === 'mysql'
      ? `SELECT User, Host, ${inSql('User', 'Host')} FROM mysql.user
          WHERE authentication_string = '' AND plugin IN (${passwordPlugins}) AND account_locked = 'N' AND User <> ''`
      : `SELECT u.User, u.Host, ${inSql('u.User', 'u.Host')} FROM mysql.user u JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host
          WHERE u.authentication_string = '' AND u.plugin IN (${passwordPlugins}) AND u.is_role = 'N' AND u.User <> ''
            AND NOT JSON_VALUE(g.Priv, '$.account_locked') <=> 1`,
  );
  const [row] = await session.query('SELECT @@global.skip_name_resolve');
  const knowsNames = row?.[0] === '0';
  return (
    rows
      .filter(([, host]) => knowsNames || !isHostName(host ?? ''))
      // Those of roles are told with what else is weak about them.
      .filter(([name]) => !logins.includes(name ?? ''))
      .map(([name, host, written]) => ({
        severity: 'danger',
        code: 'open_account',
        meaning: `the account ${name} is open to everybody on ${host} without a password`,
        mend: `ALTER USER ${written} ACCOUNT LOCK`,
      }))
  );
}

/** What is granted to the account without a name counts for everybody (`test` of older installations), as PUBLIC does. */
async function openDatabases(session: ServerSession): Promise<readonly Finding[]> {
  const rows = await session.query(
    `SELECT Db, IF(User = 'PUBLIC', 'PUBLIC', ${inSql('User', 'Host')}) FROM mysql.db WHERE User = ''${session.product === 'mariadb' ? ` OR User = 'PUBLIC'` : ''}`,
  );
  return rows.map(([schema, everybody]) => ({
    severity: 'warning',
    code: 'open_database',
    meaning: `every account may use the databases ${schema}`,
    mend: `REVOKE ALL PRIVILEGES ON ${identifier(schema ?? '')}.* FROM ${everybody}`,
  }));
}

/** A server that looks no names up has no use for such an account, and does not know it. */
function isHostName(host: string): boolean {
  return host !== 'localhost' && !host.includes(':') && /[a-z]/i.test(host);
}
