import { foldUsername } from '../config/index.ts';
import { type Principal, parsePrincipalId, principalId } from '../core/index.ts';
import { principalOf, secondFactors } from '../identity/index.ts';
import { createProviderSessions, createRevoker } from '../oauth/index.ts';
import type { Person } from '../store/index.ts';
import { type FirstSecret, giveFirstSecret } from './first-secret.ts';
import { localSubject } from './local-subject.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/** The principal id that a user name on the command line means: `method:subject`, or a local person. */
export function personIdOf(user: string): string {
  return user.indexOf(':') > 0 ? user : principalId({ method: 'local', subject: foldUsername(user) });
}

/** Everybody who signed in or was added. */
export function listPeople({ store }: Workspace): Promise<readonly Person[]> {
  return store.people.list();
}

/** The principal that policy would see for a stored person; undefined when there is none. */
export async function storedPrincipal(
  { store }: Pick<Workspace, 'store'>,
  id: string,
): Promise<Principal | undefined> {
  const person = await store.people.get(id);
  return person && principalOf(person);
}

/** Adds a local person with a random first secret. @throws Refusal `request_invalid` for what can be no user name */
export async function addPerson(
  workspace: Workspace,
  username: string,
  groups: readonly string[],
): Promise<({ readonly outcome: 'added' } & FirstSecret) | { readonly outcome: 'exists' }> {
  const { store, clock } = workspace;
  const id = principalId({ method: 'local', subject: localSubject(username) });
  if ((await store.people.get(id)) !== undefined) return { outcome: 'exists' };
  await recordAdmin(
    workspace,
    'person_added',
    id,
    groups.length === 0 ? undefined : `groups: ${groups.join(', ')}`,
  );
  await store.people.put({ id, displayName: username, groups, claims: {} }, clock.now());
  return { outcome: 'added', ...(await giveFirstSecret(workspace, id)) };
}

/**
 * Replaces the password of a local person by a new first secret, and ends what they hold. Second factors stay, since a
 * lost password says nothing of them: {@link resetFactors}.
 */
export async function resetSecret(
  workspace: Workspace,
  id: string,
): Promise<
  | ({ readonly outcome: 'reset'; readonly factorsKept: number } & FirstSecret)
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'not_local' }
> {
  const { store } = workspace;
  if (parsePrincipalId(id).method !== 'local') return { outcome: 'not_local' };
  if ((await store.people.get(id)) === undefined) return { outcome: 'not_found' };
  await recordAdmin(workspace, 'person_secret_reset', id);
  const first = await giveFirstSecret(workspace, id);
  await revoker(workspace).person(id, 'your password was reset', workspace.operator);
  const factors = await store.factors.list(id);
  return { outcome: 'reset', factorsKept: factors.length, ...first };
}

/** Keeps somebody out from now on: no sign-in, no token, and every live session ends. False: no such person. */
export async function disablePerson(workspace: Workspace, id: string): Promise<boolean> {
  if ((await workspace.store.people.get(id)) === undefined) return false;
  await recordAdmin(workspace, 'person_disabled', id);
  // First the flag: between the two steps nobody can get a new token for the ones that are removed.
  await workspace.store.people.disable(id);
  await revoker(workspace).person(id, 'your account was disabled', workspace.operator);
  return true;
}

/** Lets somebody in again; what was revoked stays revoked. False: no such person. */
export async function enablePerson(workspace: Workspace, id: string): Promise<boolean> {
  if ((await workspace.store.people.get(id)) === undefined) return false;
  await recordAdmin(workspace, 'person_enabled', id);
  return workspace.store.people.enable(id);
}

/** Ends everything that somebody holds, wherever they are signed in; they may sign in again. False: no such person. */
export async function signOutPerson(workspace: Workspace, id: string): Promise<boolean> {
  if ((await workspace.store.people.get(id)) === undefined) return false;
  await recordAdmin(workspace, 'person_signed_out', id);
  await revoker(workspace).person(id, 'an administrator signed you out', workspace.operator);
  return true;
}

/**
 * Forgets somebody. People of the config file come back at the next start; people of another sign-in method at their
 * next sign-in: disable those.
 */
export async function removePerson(workspace: Workspace, id: string): Promise<boolean> {
  if ((await workspace.store.people.get(id)) === undefined) return false;
  await recordAdmin(workspace, 'person_removed', id);
  await workspace.store.people.disable(id);
  await revoker(workspace).person(id, 'your account was removed', workspace.operator);
  await eraseSealed(workspace, id);
  return workspace.store.people.remove(id);
}

/**
 * Takes the second factors and recovery codes of somebody away, and ends what they hold: it was made with those. Gives how
 * many there were; undefined for nobody.
 */
export async function resetFactors(workspace: Workspace, id: string): Promise<number | undefined> {
  const { store, vault, clock } = workspace;
  if ((await store.people.get(id)) === undefined) return undefined;
  await recordAdmin(workspace, 'person_factors_reset', id);
  const factors = secondFactors({ store, secrets: vault, clock });
  const known = await factors.list(id);
  for (const factor of known) await factors.remove(id, factor.id);
  await revoker(workspace).person(id, 'your second factor was reset', workspace.operator);
  return known.length;
}

/** What is sealed for somebody goes before they do: afterwards nobody would know that it is theirs. */
async function eraseSealed({ store, vault, clock }: Workspace, id: string): Promise<void> {
  const factors = secondFactors({ store, secrets: vault, clock });
  for (const factor of await factors.list(id)) await factors.remove(id, factor.id);
  await createProviderSessions(store, vault, clock).forget(id);
}

function revoker({ store, audit, clock }: Workspace) {
  return createRevoker(store, audit, clock);
}
