import type { Config } from '../config/config.ts';
import type { Database, Principal, Role } from '../core/index.ts';
import { qualifyingRoles } from '../policy/index.ts';
import { databaseOf } from './resources.ts';
import { readScopes } from './scopes.ts';

/** The one database that a token is for. */
export interface TokenAccess {
  readonly database: Database;
  /** The roles that its scopes name; empty: the default role. */
  readonly roles: readonly string[];
}

/**
 * What a token is good for, from its audience and its scopes. Undefined when that is no database: no scope of the
 * audience's database means no access, never the default role.
 */
export function tokenAccess(
  { issuer, databases }: Pick<Config, 'issuer' | 'databases'>,
  token: { readonly aud?: unknown; readonly scope?: unknown },
): TokenAccess | undefined {
  if (typeof token.aud !== 'string' || typeof token.scope !== 'string') return undefined;
  const database = databaseOf(issuer, token.aud, databases);
  if (database === undefined) return undefined;
  const asked = readScopes(token.scope, databases);
  if (asked.outcome === 'refused') return undefined;
  const own = asked.databases.find((one) => one.database.name === database.name);
  return own && { database, roles: own.roles };
}

/** The role that somebody acts as under a token now; undefined when policy gives none. */
export function actingRole(principal: Principal, clientId: string, access: TokenAccess): Role | undefined {
  return qualifyingRoles(principal, clientId, access.database).find(
    (role) => access.roles.length === 0 || access.roles.includes(role.name),
  );
}
