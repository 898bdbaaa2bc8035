import type { Config } from '../config/index.ts';
import type { Database, Principal, Role, SignInProof } from '../core/index.ts';
import { coveredRoles, type MissingProof, missingProof } from '../policy/index.ts';
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

/** As which role somebody acts under a token now, or why as none. */
export type ActingRole =
  | { readonly outcome: 'acts'; readonly role: Role }
  | { readonly outcome: 'no_role' }
  /** Each role that the token covers demands more of the sign-in. */
  | { readonly outcome: 'stronger_sign_in'; readonly role: Role; readonly missing: MissingProof };

/** The first role that the token covers, whose rule lets the person in, and for which their sign-in proved enough. */
export function actingRole(
  principal: Principal,
  clientId: string,
  access: TokenAccess,
  proof: SignInProof | undefined,
  now: number,
): ActingRole {
  const covered = coveredRoles(principal, clientId, access.database, access.roles);
  const [first] = covered;
  if (first === undefined) return { outcome: 'no_role' };
  const role = covered.find((one) => missingProof(one, proof, now) === undefined);
  if (role !== undefined) return { outcome: 'acts', role };
  const missing = missingProof(first, proof, now);
  return missing === undefined
    ? { outcome: 'acts', role: first }
    : { outcome: 'stronger_sign_in', role: first, missing };
}
