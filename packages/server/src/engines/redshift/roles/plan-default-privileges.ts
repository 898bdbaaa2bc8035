import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';
import type { ServerState } from './read-state.ts';
import type { WantedRole } from './wanted-roles.ts';

const quoted = pg.escapeIdentifier;

/**
 * Sees to it that tables which are made later have the templates' rights from their first moment. The manager account
 * can say so of its own tables; of those that others make, only a superuser can, so that these statements are by hand.
 */
export function planDefaultPrivileges(
  wanted: readonly WantedRole[],
  found: ServerState,
): readonly PlannedStatement[] {
  const makers = wanted.filter(({ privileges }) => privileges.SCHEMA.includes('CREATE'));
  const creators = [...new Set([...found.creators, ...makers.map(({ login }) => login)])];
  const schemas = found.objects
    .filter(({ kind, grantable }) => kind === 'SCHEMA' && grantable.includes('USAGE'))
    .map(({ sql }) => sql);
  const holders = new Map(wanted.map(({ role, privileges }) => [role, privileges.TABLE]));
  return [...holders].flatMap(([role, privileges]) => [
    ...revokeExcess(role, privileges, found),
    ...creators.flatMap((creator) => grantMissing(role, privileges, creator, schemas, found)),
  ]);
}

function revokeExcess(
  role: string,
  privileges: readonly string[],
  found: ServerState,
): readonly PlannedStatement[] {
  return found.defaults
    .filter(({ grantee, privilege }) => grantee === role && !privileges.includes(privilege))
    .map(({ creator, schema, privilege }) => {
      const { prefix, byHand } = alter(creator, schema === '' ? [] : [schema], found);
      return {
        sql: `${prefix} REVOKE ${privilege} ON TABLES FROM ROLE ${quoted(role)}`,
        because: `${role} would get ${privilege} on each new table of ${creator}`,
        ...byHand,
      };
    });
}

function grantMissing(
  role: string,
  privileges: readonly string[],
  creator: string,
  schemas: readonly string[],
  found: ServerState,
): readonly PlannedStatement[] {
  const bySet = new Map<string, string[]>();
  for (const schema of schemas) {
    const has = [
      ...found.defaults.filter(
        (given) => given.creator === creator && (given.schema === schema || given.schema === ''),
      ),
      ...found.scoped.filter((given) => given.granteeKind === 'role' && given.schema === schema),
    ].filter(({ grantee }) => grantee === role);
    const missing = privileges.filter((one) => !has.some(({ privilege }) => privilege === one)).join(', ');
    if (missing !== '') bySet.set(missing, [...(bySet.get(missing) ?? []), schema]);
  }
  return [...bySet].map(([missing, lacking]) => {
    const { prefix, byHand } = alter(creator, lacking, found);
    return {
      sql: `${prefix} GRANT ${missing} ON TABLES TO ROLE ${quoted(role)}`,
      because: `${role} would lack ${missing} on each new table of ${creator}`,
      ...byHand,
    };
  });
}

function alter(creator: string, schemas: readonly string[], { manager }: ServerState) {
  const own = creator === manager;
  const maker = own ? '' : ` FOR USER ${quoted(creator)}`;
  const place = schemas.length === 0 ? '' : ` IN SCHEMA ${schemas.join(', ')}`;
  return {
    prefix: `ALTER DEFAULT PRIVILEGES${maker}${place}`,
    byHand: own ? {} : { byHand: true as const },
  };
}
