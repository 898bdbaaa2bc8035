import { isDeepStrictEqual } from 'node:util';
import { type Database, type Permit, type Principal, principalId } from '../core/index.ts';
import { activePrincipal } from '../oauth/index.ts';
import { decide } from '../policy/index.ts';
import type { Store } from '../store/index.ts';

/**
 * Whether a changed configuration would still let this session in, to the same place under the same login, with the
 * groups that the store knows of the person now. Asked after a reload for each live session.
 */
export async function stillPermitted(
  permit: Permit,
  databases: ReadonlyMap<string, Database>,
  store: Pick<Store, 'people'>,
): Promise<boolean> {
  const database = databases.get(permit.database.name);
  if (database === undefined) return false;
  const sameServer =
    database.host === permit.database.host &&
    database.port === permit.database.port &&
    isDeepStrictEqual(database.sentinels, permit.database.sentinels) &&
    database.upstreamName === permit.database.upstreamName &&
    isDeepStrictEqual(database.aws, permit.database.aws) &&
    isDeepStrictEqual(database.identityToken, permit.database.identityToken);
  const isWorkload = permit.principal.method === 'client';
  const principal = isWorkload
    ? permit.principal
    : await activePrincipal(store, principalId(permit.principal));
  if (!sameServer || principal === undefined) return false;
  // The database took the person's groups out of a token, once: with other groups only a new login has the right ones.
  const bearsGroups = database.identityToken !== undefined && permit.role.asPerson === true;
  if (bearsGroups && !isDeepStrictEqual(sorted(principal), sorted(permit.principal))) return false;
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

function sorted({ groups }: Principal): readonly string[] {
  return [...groups].sort();
}
