import pg from 'pg';
import { type Database, type Role, takesIssuedLogin } from '../../../core/index.ts';
import type { Finding } from '../../role-manager.ts';
import { labels } from './plan-roles.ts';
import type { ServerState, UserState } from './read-state.ts';

const quoted = pg.escapeIdentifier;

/** What is dangerous or weak about a warehouse and the logins of all its roles, managed or not. Pure. */
export function examineServer(
  database: Database,
  found: ServerState,
  takesClearText: boolean,
): readonly Finding[] {
  const logins = new Map(database.roles.map((role) => [role.login, role]));
  return [
    ...[...logins].flatMap(([login, role]) => examineLogin(login, role, found.users.get(login))),
    ...otherSuperusers(database, found),
    ...openToEverybody(found),
    ...examineGroups(database, found),
    ...(takesClearText ? [clearText] : []),
    ...(database.aws?.autoCreate === true ? [autoCreate(database.name)] : []),
  ];
}

function examineLogin(login: string, role: Role, user: UserState | undefined): readonly Finding[] {
  if (user === undefined) return [];
  // Managed passwords are changed by Grantway, and of those that are issued each ends by itself.
  const staysTheSame = role.password !== undefined && !user.passwordEnds;
  return [
    ...(user.superuser ? [superuser(login)] : []),
    ...user.groups.map((group) => inGroup(login, group)),
    ...(staysTheSame ? [passwordForEver(login)] : []),
  ];
}

function superuser(login: string): Finding {
  return {
    severity: 'danger',
    code: 'login_superuser',
    meaning: `login ${login} is a superuser and can become anybody (SET SESSION AUTHORIZATION)`,
    mend: `ALTER USER ${quoted(login)} NOCREATEUSER`,
  };
}

function inGroup(login: string, group: string): Finding {
  return {
    severity: 'warning',
    code: 'login_in_group',
    meaning: `login ${login} has whatever the group ${group} is given`,
    mend: `ALTER GROUP ${quoted(group)} DROP USER ${quoted(login)}`,
  };
}

function passwordForEver(login: string): Finding {
  return {
    severity: 'note',
    code: 'password_for_ever',
    meaning: `the password of login ${login} never ends, so that whoever once saw it can use it`,
    mend: `ALTER USER ${quoted(login)} VALID UNTIL 'a date'; or let Grantway make and change it: grants in place of password`,
  };
}

/** Beside the first user of the warehouse and the one of Amazon, which nobody can do without. */
function otherSuperusers({ roles }: Database, { users }: ServerState): readonly Finding[] {
  const mapped = new Set(roles.map(({ login }) => login));
  return [...users].flatMap(([name, { superuser, isBuiltIn }]): readonly Finding[] =>
    superuser && !isBuiltIn && !mapped.has(name)
      ? [
          {
            severity: 'note',
            code: 'another_superuser',
            meaning: `the user ${name} is a superuser and can become anybody, past every role`,
            mend: `ALTER USER ${quoted(name)} NOCREATEUSER`,
          },
        ]
      : [],
  );
}

function openToEverybody({ held }: ServerState): readonly Finding[] {
  const open = held.filter(({ granteeKind }) => granteeKind === 'public');
  const tables = open.filter(({ kind }) => kind === 'TABLE');
  const byPrivilege = new Map<string, string[]>();
  for (const { sql, privilege } of tables)
    byPrivilege.set(privilege, [...(byPrivilege.get(privilege) ?? []), sql]);
  return [
    ...open
      .filter(({ kind, privilege }) => kind === 'SCHEMA' && privilege === 'CREATE')
      .map(
        ({ sql }): Finding => ({
          severity: 'warning',
          code: 'public_create',
          meaning: `everybody can make tables and functions in the schema ${sql}`,
          mend: `REVOKE CREATE ON SCHEMA ${sql} FROM PUBLIC`,
        }),
      ),
    ...[...byPrivilege].map(
      ([privilege, names]): Finding => ({
        severity: 'warning',
        code: 'public_tables',
        meaning: `everybody holds ${privilege} on ${labels(names)}, whatever their role`,
        mend: `REVOKE ${privilege} ON TABLE ${names.join(', ')} FROM PUBLIC`,
      }),
    ),
  ];
}

/** Groups give rights for the length of a session to logins that AWS issues: a role names them as its dbGroups. */
function examineGroups(database: Database, { groups }: ServerState): readonly Finding[] {
  const named = new Set(
    database.roles
      .filter((role) => takesIssuedLogin({ database, role }))
      .flatMap(({ dbGroups = [] }) => dbGroups),
  );
  return [
    ...[...named]
      .filter((group) => !groups.includes(group))
      .map(
        (group): Finding => ({
          severity: 'warning',
          code: 'group_missing',
          meaning: `a role names the group ${group}, which is not there`,
          mend: `CREATE GROUP ${quoted(group)}`,
        }),
      ),
    ...groups
      .filter((group) => !named.has(group))
      .map(
        (group): Finding => ({
          severity: 'note',
          code: 'group_unmapped',
          meaning: `no role names the group ${group}, and whoever AWS lets join it has its rights`,
          mend: `DROP GROUP ${quoted(group)}`,
        }),
      ),
  ];
}

const clearText: Finding = {
  severity: 'warning',
  code: 'clear_text',
  meaning:
    'the warehouse signs in clients that do not ask for TLS, so that others may send passwords and rows in clear',
  mend: 'in the parameter group of the cluster or workgroup: require_ssl true',
};

function autoCreate(database: string): Finding {
  return {
    severity: 'note',
    code: 'auto_create',
    meaning: 'AWS makes users in the database for whoever signs in, and nothing takes them away again',
    mend: `in the config: databases.${database}.aws.autoCreate: false`,
  };
}
