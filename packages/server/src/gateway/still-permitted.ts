import { isDeepStrictEqual } from 'node:util';
import { type Database, type Permit, type Principal, principalId } from '../core/index.ts';
import { activePrincipal } from '../oauth/index.ts';
import { decide } from '../policy/index.ts';
import type { Store } from '../store/index.ts';
import { isSameServer } from './same-server.ts';

/**
 * Whether a changed configuration would still let this session in, to the same place under the same login, with the
 * groups that the store knows of the person now. Asked of live sessions after a reload, and of a person's when their
 * groups changed.
 */
export async function stillPermitted(
  permit: Permit,
  databases: ReadonlyMap<string, Database>,
  store: Pick<Store, 'people'>,
): Promise<boolean> {
  const database = databases.get(permit.database.name);
  if (database === undefined || !isSameServer(database, permit.database)) return false;
  const isWorkload = permit.principal.method === 'client';
  const principal = isWorkload
    ? permit.principal
    : await activePrincipal(store, principalId(permit.principal));
  if (principal === undefined) return false;
  // The database took the person's groups out of a token, once: with other groups only a new login has the right ones.
  const bearsGroups = database.identityToken !== undefined && permit.role.asPerson === true;
  if (bearsGroups && !hasSameGroups(principal, permit.principal)) return false;
  const decision = decide({
    ...permit,
    principal,
    database,
    tokenRoles: [permit.role.name],
    roleHint: '',
    // A sign-in that was new enough when the session began does not end it by growing old.
    now: permit.endsAt - permit.role.maxSessionMs,
  });
  return decision.outcome === 'permitted' && decision.permit.role.login === permit.role.login;
}

function hasSameGroups(one: Principal, other: Principal): boolean {
  return isDeepStrictEqual(new Set(one.groups), new Set(other.groups));
}
