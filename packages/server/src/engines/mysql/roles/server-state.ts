import type { Database } from '../../../core/index.ts';
import { accountName, anyText, inSql, quoted } from './identifier.ts';
import type { Product } from './product.ts';
import type { Row, ServerSession } from './server-session.ts';
import { markPrefix } from './wanted-accounts.ts';

/** What the server knows of the accounts in question. */
export interface ServerState {
  readonly product: Product;
  /** Accounts with one of the names, on whatever host, and those without a name. */
  readonly accounts: readonly AccountState[];
  /** Authentication plugins that the server has loaded. */
  readonly plugins: ReadonlySet<string>;
  /** Roles that remember which statements ran; see `operator-statements.ts`. */
  readonly marks: ReadonlySet<string>;
}

/** One account as the server has it. */
export interface AccountState {
  readonly name: string;
  readonly host: string;
  /** As the server itself writes it: a host may have a backslash in it, as `host\_1` has. */
  readonly sql: string;
  readonly plugin: string;
  /** Empty, `ANY` (REQUIRE SSL), `X509`, or `SPECIFIED`. */
  readonly tls: string;
  readonly connections: number;
  readonly locked: boolean;
  readonly neverExpires: boolean;
  /** Whether a session must know the password to change it. MySQL alone has this. */
  readonly guardsPassword: boolean;
  readonly emptyPassword: boolean;
  readonly holds: readonly Held[];
}

/** One thing that an account may do. */
export interface Held {
  readonly kind: 'server' | 'database' | 'table' | 'column' | 'routine' | 'proxy' | 'role';
  /** What it is about: a database's pattern, `database.table`, or for a proxy and a role the other account in SQL. */
  readonly object: string;
  readonly privilege: string;
  readonly grantable: boolean;
}

/** {@link readServerState} for the logins of a database's roles. @throws Refusal `request_invalid` for a name that cannot be one */
export async function readMapped(session: ServerSession, { roles }: Database): Promise<ServerState> {
  const logins = roles.map(({ login }) => accountName(login, session.product));
  return await readServerState(session, logins);
}

/** Reads the state of the accounts with these names, in the manager's session. */
export async function readServerState(
  session: ServerSession,
  names: readonly string[],
): Promise<ServerState> {
  const { product } = session;
  const list = [...names, ''].map(quoted).join(', ');
  const rows = await session.query(`${accountsQuery[product]} WHERE u.User IN (${list})`);
  const holds = await readHeld(session, [...names, '']);
  const plugins = await session.query(
    `SELECT PLUGIN_NAME FROM information_schema.PLUGINS
      WHERE PLUGIN_TYPE = 'AUTHENTICATION' AND PLUGIN_STATUS = 'ACTIVE'`,
  );
  const marks = await session.query(
    `SELECT User FROM mysql.user WHERE LEFT(User, ${markPrefix.length}) = ${quoted(markPrefix)}`,
  );
  return {
    product,
    // The tables compare names without case where the server does; ours are exact.
    accounts: rows
      .map((row) => accountState(row, holds))
      .filter(({ name }) => name === '' || names.includes(name)),
    plugins: new Set(plugins.map(([name]) => name ?? '')),
    marks: new Set(marks.map(([name]) => name ?? '')),
  };
}

/** What accounts and roles with these names hold, by `name@host`; a role of MariaDB has no host. */
export async function readHeld(
  session: ServerSession,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly Held[]>> {
  const holds = new Map<string, Held[]>();
  if (names.length === 0) return holds;
  for (const [kind, sql] of heldQueries(session.product, names.map(anyText).join(', '))) {
    for (const [user, host, object, privilege, grantable] of await session.query(sql)) {
      const key = `${user}@${host}`;
      holds.set(key, [
        ...(holds.get(key) ?? []),
        { kind, object: object ?? '', privilege: privilege ?? '', grantable: grantable === 'Y' },
      ]);
    }
  }
  return holds;
}

function accountState(row: Row, holds: ReadonlyMap<string, readonly Held[]>): AccountState {
  const [name, host, sql, plugin, tls, connections, locked, lifetime, guarded, empty] = row.map(
    (value) => value ?? '',
  );
  return {
    name: name ?? '',
    host: host ?? '',
    sql: sql ?? '',
    plugin: plugin ?? '',
    tls: tls ?? '',
    connections: Number(connections),
    locked: locked === 'Y',
    neverExpires: lifetime === '0',
    guardsPassword: guarded === 'Y',
    emptyPassword: empty === '1',
    holds: holds.get(`${name}@${host}`) ?? [],
  };
}

/** MariaDB keeps what its view `mysql.user` does not show in JSON; roles are in that view too. */
const accountsQuery: Readonly<Record<Product, string>> = {
  mysql: `SELECT u.User, u.Host, ${inSql('u.User', 'u.Host')}, u.plugin, u.ssl_type, u.max_user_connections, u.account_locked, u.password_lifetime,
                 u.Password_require_current, u.authentication_string = '' FROM mysql.user u`,
  mariadb: `SELECT u.User, u.Host, ${inSql('u.User', 'u.Host')}, u.plugin, u.ssl_type, u.max_user_connections,
                   IF(JSON_VALUE(g.Priv, '$.account_locked') = 1, 'Y', 'N'), JSON_VALUE(g.Priv, '$.password_lifetime'),
                   'N', u.authentication_string = ''
              FROM mysql.user u JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host AND u.is_role = 'N'`,
};

/** Each gives user, host, object, privilege, and `Y` when it may be passed on. */
function heldQueries(
  product: Product,
  list: string,
): readonly (readonly [kind: Held['kind'], sql: string])[] {
  return [
    ['server', schemaQuery('USER', `'*.*'`, list)],
    ['database', schemaQuery('SCHEMA', 'TABLE_SCHEMA', list)],
    ['table', schemaQuery('TABLE', `CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)`, list)],
    ['column', schemaQuery('COLUMN', `CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, '.', COLUMN_NAME)`, list)],
    [
      'routine',
      `SELECT User, Host, CONCAT(Db, '.', Routine_name), Proc_priv, 'N' FROM mysql.procs_priv WHERE User IN (${list})`,
    ],
    [
      'proxy',
      `SELECT User, Host, ${inSql('Proxied_user', 'Proxied_host')}, 'PROXY', IF(With_grant, 'Y', 'N')
         FROM mysql.proxies_priv WHERE User IN (${list})`,
    ],
    [
      'role',
      product === 'mysql'
        ? `SELECT TO_USER, TO_HOST, ${inSql('FROM_USER', 'FROM_HOST')}, 'ROLE', WITH_ADMIN_OPTION
             FROM mysql.role_edges WHERE TO_USER IN (${list})`
        : `SELECT User, Host, QUOTE(Role), 'ROLE', Admin_option FROM mysql.roles_mapping WHERE User IN (${list})`,
    ],
  ];
}

/** A grantee is `'name'@'host'` in these tables; the last `@` parts the two. */
function schemaQuery(level: string, object: string, list: string): string {
  const name = `SUBSTRING(GRANTEE, 2, CHAR_LENGTH(GRANTEE) - CHAR_LENGTH(SUBSTRING_INDEX(GRANTEE, '@', -1)) - 3)`;
  return `SELECT * FROM (
            SELECT ${name} AS name, TRIM(BOTH '''' FROM SUBSTRING_INDEX(GRANTEE, '@', -1)) AS host,
                   ${object} AS object, PRIVILEGE_TYPE, LEFT(IS_GRANTABLE, 1) AS grantable
              FROM information_schema.${level}_PRIVILEGES
             WHERE NOT (PRIVILEGE_TYPE = 'USAGE' AND IS_GRANTABLE = 'NO')) p WHERE name IN (${list})`;
}
