import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';
import type { CatalogState, RoleState } from './catalog-state.ts';
import { groupsOf, type WantedRole } from './wanted-roles.ts';

const harmless = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

/** Makes the roles that are missing, and takes back attributes that they should not have. */
export function planAttributes(
  wanted: readonly WantedRole[],
  found: CatalogState,
): readonly PlannedStatement[] {
  return [
    ...groupsOf(wanted).flatMap((group) => planGroup(group, found.roles.get(group))),
    ...wanted.flatMap((role) => planLogin(role, found.roles.get(role.login))),
  ];
}

function planGroup(group: string, state: RoleState | undefined): readonly PlannedStatement[] {
  const name = pg.escapeIdentifier(group);
  if (state === undefined) {
    return [{ sql: `CREATE ROLE ${name} NOLOGIN ${harmless}`, because: `group role ${group} is missing` }];
  }
  return [
    ...(state.canLogin
      ? [{ sql: `ALTER ROLE ${name} NOLOGIN`, because: `group role ${group} can log in` }]
      : []),
    ...planHarmless(state),
  ];
}

function planLogin(role: WantedRole, state: RoleState | undefined): readonly PlannedStatement[] {
  const { login, connectionLimit } = role;
  const name = pg.escapeIdentifier(login);
  if (state === undefined) {
    return [
      {
        sql: `CREATE ROLE ${name} LOGIN INHERIT ${harmless} CONNECTION LIMIT ${connectionLimit}`,
        because: `login ${login} is missing`,
      },
    ];
  }
  const drift = (differs: boolean, clause: string, because: string): readonly PlannedStatement[] =>
    differs ? [{ sql: `ALTER ROLE ${name} ${clause}`, because: `login ${login} ${because}` }] : [];
  return [
    ...drift(!state.canLogin, 'LOGIN', 'cannot log in'),
    ...drift(!state.inherits, 'INHERIT', 'does not inherit the rights of its group'),
    ...drift(state.expires, `VALID UNTIL 'infinity'`, 'has a password that expires'),
    ...drift(
      state.connectionLimit !== connectionLimit,
      `CONNECTION LIMIT ${connectionLimit}`,
      `may open ${state.connectionLimit} connections instead of ${connectionLimit}`,
    ),
    ...planHarmless(state),
  ];
}

function planHarmless({ name, attributes }: RoleState): readonly PlannedStatement[] {
  return attributes.map((attribute) => ({
    sql: `ALTER ROLE ${pg.escapeIdentifier(name)} NO${attribute}`,
    because: `${name} has ${attribute}`,
  }));
}
