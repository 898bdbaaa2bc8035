import type { Config } from '../../config/index.ts';
import type { Principal } from '../../core/index.ts';
import { qualifyingRoles } from '../../policy/index.ts';
import type { RequestedAccess } from '../authorization-server.ts';
import type { ConsentScope } from '../consents.ts';
import { resourceOf } from '../resources.ts';
import { type AskedDatabase, scopeFor } from '../scopes.ts';

/** One line for each role that was asked for by name, or one for the default role. */
export function resolveAccess(
  { database, roles }: AskedDatabase,
  principal: Principal,
  clientId: string,
  tokenMs: number,
): readonly RequestedAccess[] {
  const qualifying = qualifyingRoles(principal, clientId, database);
  const names = roles.length === 0 ? [undefined] : roles;
  return names.map((asked) => {
    const role = asked === undefined ? qualifying[0] : qualifying.find(({ name }) => name === asked);
    return {
      database: database.name,
      role: role?.name,
      asked,
      tokenMs,
      maxSessionMs: role?.maxSessionMs ?? 0,
    };
  });
}

/** Parts what was asked for into what this person may have and what they may not, by resource. */
export function partByRight(
  asked: readonly AskedDatabase[],
  principal: Principal,
  clientId: string,
  config: Config,
): { readonly granted: ConsentScope['resources']; readonly rejected: ConsentScope['resources'] } {
  const granted: Record<string, string[]> = {};
  const rejected: Record<string, string[]> = {};
  for (const one of asked) {
    const resource = resourceOf(config.issuer, one.database.name);
    for (const access of resolveAccess(one, principal, clientId, config.tokens.accessMs)) {
      const side = access.role === undefined ? rejected : granted;
      side[resource] = [...(side[resource] ?? []), scopeFor(access.database, access.asked)];
    }
  }
  return { granted, rejected };
}
