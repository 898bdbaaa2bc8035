import type { Database, Principal, Role } from '../core/index.ts';
import { qualifyingRoles } from './qualifying-roles.ts';

/**
 * The roles that a token gives its bearer, in the order of the config: those that its scopes name in `tokenRoles`, or, where
 * they name none, the default role; and of them those alone whose rule lets the principal in now.
 */
export function coveredRoles(
  principal: Principal,
  clientId: string,
  database: Database,
  tokenRoles: readonly string[],
): readonly Role[] {
  const qualifying = qualifyingRoles(principal, clientId, database);
  if (tokenRoles.length === 0) return qualifying.slice(0, 1);
  return qualifying.filter((role) => tokenRoles.includes(role.name));
}
