import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';
import type { CatalogState } from './catalog-state.ts';
import { type Holder, holdersOf, type WantedRole } from './wanted-roles.ts';

/** Sees to it that tables and sequences which are made later have the templates' rights from their first moment. */
export function planDefaultPrivileges(
  wanted: readonly WantedRole[],
  found: CatalogState,
): readonly PlannedStatement[] {
  const makers = wanted.flatMap((role) =>
    role.kind === 'template' && role.template.creates ? [role.login] : [],
  );
  const creators = [...new Set([...found.creators, ...makers])];
  const schemas = found.objects.filter(
    ({ kind, grantable }) => kind === 'SCHEMA' && grantable.includes('USAGE'),
  );
  return holdersOf(wanted).flatMap((holder) => [
    ...revokeExcess(holder, found),
    ...revokePassingOn(holder, found),
    ...creators.flatMap((creator) =>
      schemas.flatMap((schema) => grantMissing(holder, creator, schema.sql, found)),
    ),
  ]);
}

function revokeExcess(holder: Holder, found: CatalogState): readonly PlannedStatement[] {
  return found.defaults
    .filter(
      ({ grantee, kind, privilege }) =>
        grantee === holder.name && !holder.privileges[kind].includes(privilege),
    )
    .map(({ creator, schema, kind, privilege }) => ({
      sql: `${alter(creator, schema)} REVOKE ${privilege} ON ${kind}S FROM ${pg.escapeIdentifier(holder.name)}`,
      because: `${holder.name} would get ${privilege} on each new ${kind.toLowerCase()} that ${creator} makes${inSchema(schema)}`,
    }));
}

function revokePassingOn(holder: Holder, found: CatalogState): readonly PlannedStatement[] {
  return found.defaults
    .filter(
      ({ grantee, kind, privilege, passable }) =>
        grantee === holder.name && passable && holder.privileges[kind].includes(privilege),
    )
    .map(({ creator, schema, kind, privilege }) => ({
      sql: `${alter(creator, schema)} REVOKE GRANT OPTION FOR ${privilege} ON ${kind}S FROM ${pg.escapeIdentifier(holder.name)}`,
      because: `${holder.name} could pass on ${privilege} on each new ${kind.toLowerCase()} that ${creator} makes${inSchema(schema)}`,
    }));
}

function grantMissing(
  holder: Holder,
  creator: string,
  schema: string,
  found: CatalogState,
): readonly PlannedStatement[] {
  return (['TABLE', 'SEQUENCE'] as const).flatMap((kind) => {
    const has = found.defaults.filter(
      (given) =>
        given.grantee === holder.name &&
        given.creator === creator &&
        given.kind === kind &&
        (given.schema === schema || given.schema === ''),
    );
    const missing = holder.privileges[kind].filter(
      (wanted) => !has.some(({ privilege }) => privilege === wanted),
    );
    if (missing.length === 0) return [];
    const privileges = missing.join(', ');
    return [
      {
        sql: `${alter(creator, schema)} GRANT ${privileges} ON ${kind}S TO ${pg.escapeIdentifier(holder.name)}`,
        because: `${holder.name} would lack ${privileges} on each new ${kind.toLowerCase()} that ${creator} makes${inSchema(schema)}`,
      },
    ];
  });
}

function alter(creator: string, schema: string): string {
  const where = schema === '' ? '' : ` IN SCHEMA ${schema}`;
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${pg.escapeIdentifier(creator)}${where}`;
}

function inSchema(schema: string): string {
  return schema === '' ? '' : ` in ${schema}`;
}
