import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';
import type { CatalogState, Membership } from './catalog-state.ts';
import { dangerousRoles } from './dangerous-roles.ts';
import { groupsOf, type WantedRole } from './wanted-roles.ts';

/** The first version whose `GRANT role` has INHERIT and SET options, and a grant for each grantor. */
const grantOptionsSince = 160_000;

/** What the plan must know of the server besides its roles. */
export interface PlanContext {
  /** The account that runs the statements. */
  readonly manager: string;
  /** As `server_version_num` says it: 160_004. */
  readonly serverVersion: number;
}

/** Puts each login into its group, and both out of every other role. */
export function planMemberships(
  wanted: readonly WantedRole[],
  found: CatalogState,
  context: PlanContext,
): readonly PlannedStatement[] {
  return [
    ...groupsOf(wanted).flatMap((group) => revokeForeign(group, found, context, () => false)),
    ...wanted.flatMap((role) =>
      role.kind === 'template'
        ? planTemplateLogin(role.login, role.group, found, context)
        : revokeForeign(role.login, found, context, ({ role: name }) => !dangerousRoles.includes(name)),
    ),
    ...wanted.flatMap((role) =>
      role.kind === 'template' && role.template.creates ? planCreator(role.login, found, context) : [],
    ),
  ];
}

function planTemplateLogin(
  login: string,
  group: string,
  found: CatalogState,
  context: PlanContext,
): readonly PlannedStatement[] {
  const right = (membership: Membership) => membership.role === group && hasRightOptions(membership, context);
  const isMember = found.roles.get(login)?.memberships.some(right) ?? false;
  return [
    ...revokeForeign(login, found, context, right),
    ...(isMember
      ? []
      : [{ sql: grantSql(group, login, context), because: `${login} is no member of ${group}` }]),
  ];
}

/**
 * What an admin's login makes belongs to that login. The manager account takes part in its rights, so that it can grant
 * the other roles theirs on it; without SET, so that it makes nothing in its name.
 */
function planCreator(login: string, found: CatalogState, context: PlanContext): readonly PlannedStatement[] {
  if (found.roles.get(login)?.inheritedByManager === true) return [];
  return [
    {
      sql: grantSql(login, context.manager, context),
      because: `the manager account cannot grant rights on what ${login} makes`,
    },
  ];
}

function revokeForeign(
  member: string,
  found: CatalogState,
  context: PlanContext,
  isRight: (membership: Membership) => boolean,
): readonly PlannedStatement[] {
  const foreign = found.roles.get(member)?.memberships.filter((membership) => !isRight(membership)) ?? [];
  return foreign.map((membership) => ({
    sql:
      `REVOKE ${pg.escapeIdentifier(membership.role)} FROM ${pg.escapeIdentifier(member)}` +
      (context.serverVersion >= grantOptionsSince
        ? ` GRANTED BY ${pg.escapeIdentifier(membership.grantor)} CASCADE`
        : ''),
    because: `${member} is ${describe(membership)} of ${membership.role}, granted by ${membership.grantor}`,
  }));
}

function describe({ admin, set, inherit }: Membership): string {
  const options = [admin ? 'ADMIN' : '', inherit ? 'INHERIT' : '', set ? 'SET' : ''].filter(Boolean);
  return `a member (${options.join(', ')})`;
}

function hasRightOptions({ admin, inherit, set }: Membership, { serverVersion }: PlanContext): boolean {
  return !admin && inherit && (!set || serverVersion < grantOptionsSince);
}

function grantSql(role: string, member: string, { serverVersion }: PlanContext): string {
  const options = serverVersion >= grantOptionsSince ? ' WITH INHERIT TRUE, SET FALSE' : '';
  return `GRANT ${pg.escapeIdentifier(role)} TO ${pg.escapeIdentifier(member)}${options}`;
}
