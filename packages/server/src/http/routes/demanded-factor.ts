import type { Config } from '../../config/index.ts';
import type { Principal } from '../../core/index.ts';
import { commandLineClient } from '../../oauth/index.ts';
import { qualifyingRoles } from '../../policy/index.ts';

/**
 * Why this person should set up a second factor before they need one: the first of their roles that demands it.
 * Undefined when none does. It only says so early; what a role demands is held at every door.
 */
export function demandedFactor({ databases }: Config, principal: Principal): string | undefined {
  for (const database of databases.values()) {
    const role = qualifyingRoles(principal, commandLineClient, database).find(
      ({ require }) => require?.factor,
    );
    if (role) return `The role ${role.name} of ${database.name} asks for a second factor.`;
  }
  return undefined;
}
