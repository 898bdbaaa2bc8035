import type { Database, Principal, Role } from '../core/index.ts';
import { matchRule } from './allow-rule.ts';

/**
 * The roles of a database whose rule lets the principal in when it comes through this client, in the order of the
 * config. The first is the default role; none means no access.
 */
export function qualifyingRoles(principal: Principal, clientId: string, database: Database): readonly Role[] {
  return database.roles.filter((role) => matchRule(role.allow, principal, clientId).matched);
}
