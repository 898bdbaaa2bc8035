import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';
import type { CatalogState } from './catalog-state.ts';
import { planOwnSettings } from './own-settings.ts';
import { planAttributes } from './plan-attributes.ts';
import { planDefaultPrivileges } from './plan-default-privileges.ts';
import { type PlanContext, planMemberships } from './plan-memberships.ts';
import { planPrivileges } from './plan-privileges.ts';
import type { WantedRole } from './wanted-roles.ts';

/**
 * The statements that bring `found` to `wanted`, in the order to run them; none when they agree. Pure.
 * Whatever a managed role holds beyond its template is taken away again: a plan is also the report of drift.
 */
export function planRoles(
  wanted: readonly WantedRole[],
  found: CatalogState,
  context: PlanContext,
): readonly PlannedStatement[] {
  return [
    ...planAttributes(wanted, found),
    ...planOwnSettings(found.settings),
    ...planMemberships(wanted, found, context),
    ...planPrivileges(wanted, found),
    ...planDefaultPrivileges(wanted, found),
    ...planOperatorStatements(wanted, found),
  ];
}

/** The operator's own statements run when they are new or changed; the comment remembers which ones ran. */
function planOperatorStatements(
  wanted: readonly WantedRole[],
  found: CatalogState,
): readonly PlannedStatement[] {
  return wanted.flatMap((role) => {
    if (role.kind !== 'statements' || found.roles.get(role.login)?.comment === role.statements.mark)
      return [];
    const because = `the statements of ${role.login} are new or changed`;
    return [
      ...role.statements.sql.map((sql) => ({ sql, because })),
      {
        sql: `COMMENT ON ROLE ${pg.escapeIdentifier(role.login)} IS ${pg.escapeLiteral(role.statements.mark)}`,
        because,
      },
    ];
  });
}
