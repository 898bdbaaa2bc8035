import type { ConfiguredUser } from '../../config/config.ts';
import { type Clock, hashSecret, parsePrincipalId, principalId } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { normaliseUsername } from '../username.ts';

/** People of the config file belong to the sign-in method of this name. */
const method = 'local';

/** What a sync did, as principal ids. */
export interface ConfiguredUsersChange {
  /** Gone from the file, and so from the store. The caller revokes what they still hold. */
  readonly removed: readonly string[];
}

/**
 * Brings the people of the config file into the store, at start and after a reload.
 *
 * Groups and claims are always the file's. The password is the file's when the file's hash changed since the last
 * sync; otherwise it stays, since it may have been upgraded to argon2id or changed by command meanwhile.
 * People who were added by command are not touched.
 */
export async function syncConfiguredUsers(
  users: readonly ConfiguredUser[],
  people: Store['people'],
  clock: Clock,
): Promise<ConfiguredUsersChange> {
  const inFile = new Set<string>();
  for (const { username, groups, claims, passwordHash } of users) {
    const id = principalId({ method, subject: normaliseUsername(username) });
    inFile.add(id);
    await people.put({ id, displayName: username, groups, claims }, clock.now());
    const configured = hashSecret(passwordHash);
    if ((await people.password(id))?.configured !== configured)
      await people.setPassword(id, { hash: passwordHash, configured });
  }
  return { removed: await removeOthers(inFile, people) };
}

async function removeOthers(
  inFile: ReadonlySet<string>,
  people: Store['people'],
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { id } of await people.list()) {
    if (inFile.has(id) || parsePrincipalId(id).method !== method) continue;
    if ((await people.password(id))?.configured === undefined) continue;
    await people.remove(id);
    removed.push(id);
  }
  return removed;
}
