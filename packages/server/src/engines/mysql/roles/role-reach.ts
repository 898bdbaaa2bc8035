import { inSql } from './identifier.ts';
import type { ServerSession } from './server-session.ts';
import { type AccountState, type Held, readHeld, type ServerState } from './server-state.ts';

/** What one account of a login may do: by itself, and by every role that is its to take. */
export interface Reach {
  readonly login: string;
  readonly account: AccountState;
  readonly roles: readonly ReachedRole[];
}

/** A role, as `name@host` (without a host on MariaDB) and as SQL names it. */
interface NamedRole {
  readonly name: string;
  readonly sql: string;
}

/** A role that an account may take, maybe by way of another. */
export interface ReachedRole extends NamedRole {
  readonly user: string;
  /** Whom it is granted to, as SQL names that, on the way from the account; absent when everybody has it. */
  readonly grantedTo: string | undefined;
  readonly holds: readonly Held[];
}

/** A role and who it is granted to. */
interface Grant extends NamedRole {
  readonly user: string;
  readonly to: NamedRole;
}

/**
 * Follows the roles of the accounts of `logins`, and those that everybody has: PUBLIC on MariaDB, `mandatory_roles` on
 * MySQL. Whether one of them is active does not matter: SET ROLE is free.
 */
export async function readReach(
  session: ServerSession,
  { accounts }: ServerState,
  logins: readonly string[],
): Promise<readonly Reach[]> {
  const grants = await readGrants(session);
  const shared = await readRolesOfEverybody(session);
  const users = new Set([...shared, ...grants].map(({ user }) => user));
  const holds = await readHeld(session, [...users]);

  const reachedBy = (account: string): readonly ReachedRole[] => {
    const roles = new Map<string, ReachedRole>();
    const reach = ({ user, name, sql }: Omit<Grant, 'to'>, grantedTo: string | undefined) => {
      if (roles.has(name)) return;
      roles.set(name, { user, name, sql, grantedTo, holds: holds.get(name) ?? [] });
      follow(name);
    };
    const follow = (name: string) => {
      for (const grant of grants) if (grant.to.name === name) reach(grant, grant.to.sql);
    };
    follow(account);
    for (const role of shared) reach(role, undefined);
    return [...roles.values()];
  };
  return accounts
    .filter(({ name }) => logins.includes(name))
    .map((account) => ({
      login: account.name,
      account,
      roles: reachedBy(`${account.name}@${account.host}`),
    }));
}

async function readGrants(session: ServerSession): Promise<readonly Grant[]> {
  const rows = await session.query(grantsQuery[session.product]);
  return rows
    .map((row) => row.map((value) => value ?? ''))
    .map(([user = '', name = '', sql = '', toName = '', toSql = '']) => ({
      user,
      name,
      sql,
      to: { name: toName, sql: toSql },
    }));
}

const mysqlName = (user: string, host: string) => `CONCAT(${user}, '@', ${host}), ${inSql(user, host)}`;

const grantsQuery = {
  mysql: `SELECT FROM_USER, ${mysqlName('FROM_USER', 'FROM_HOST')}, ${mysqlName('TO_USER', 'TO_HOST')} FROM mysql.role_edges`,
  mariadb: `SELECT Role, CONCAT(Role, '@'), QUOTE(Role), CONCAT(User, '@', Host),
                   IF(Host = '', QUOTE(User), ${inSql('User', 'Host')}) FROM mysql.roles_mapping`,
} as const;

async function readRolesOfEverybody(session: ServerSession): Promise<readonly Omit<Grant, 'to'>[]> {
  if (session.product === 'mariadb') return [{ user: 'PUBLIC', name: 'PUBLIC@', sql: 'PUBLIC' }];
  const [row] = await session.query('SELECT @@global.mandatory_roles');
  return mandatoryRoles(row?.[0] ?? '').map(({ user, host, written }) => ({
    user,
    name: `${user}@${host}`,
    sql: written,
  }));
}

interface MandatoryRole {
  readonly user: string;
  readonly host: string;
  /** As it stands in the list. */
  readonly written: string;
}

const part = /`((?:[^`]|``)*)`|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([^\s,@`'"]+)/;
const listed = new RegExp(`(?:${part.source})(?:@(?:${part.source}))?`, 'g');

/** Takes apart a list of roles, of which each may be quoted, and has the host `%` where none is named. */
export function mandatoryRoles(list: string): readonly MandatoryRole[] {
  return [...list.matchAll(listed)].map((match) => {
    const unquoted = (first: number) =>
      match[first]?.replaceAll('``', '`') ??
      match[first + 1]?.replaceAll("''", "'") ??
      match[first + 2]?.replaceAll('""', '"') ??
      match[first + 3];
    return { user: unquoted(1) ?? '', host: unquoted(5) ?? '%', written: match[0] };
  });
}
