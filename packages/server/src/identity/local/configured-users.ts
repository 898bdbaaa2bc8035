import { type ConfiguredUser, foldUsername } from '../../config/index.ts';
import { type Clock, hashSecret, parsePrincipalId, principalId } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';

/** People of the config file belong to the sign-in method of this name. */
const method = 'local';

/** What has to end with a change of the file; both by principal id. */
export interface EndedWithFile {
  /** Somebody is gone from the file: everything that they hold. They go from the store when it has ended. */
  removed(personId: string): Promise<void>;
  /** The file gives somebody another password: what was opened with the one before. */
  passwordReplaced(personId: string): Promise<void>;
}

/**
 * Brings the people of the config file into the store, at start and after a reload.
 *
 * Groups and claims are always the file's. The password is the file's when the file's hash changed since the last
 * sync; otherwise it stays, since it may have been upgraded to argon2id or changed by command meanwhile.
 * People who were added by command are not touched. Ended half-way, the next sync goes on with it.
 */
export async function syncConfiguredUsers(
  users: readonly ConfiguredUser[],
  people: Store['people'],
  clock: Clock,
  ends: EndedWithFile,
): Promise<void> {
  const inFile = new Set<string>();
  for (const { username, groups, claims, passwordHash } of users) {
    const id = principalId({ method, subject: foldUsername(username) });
    inFile.add(id);
    await people.put({ id, displayName: username, groups, claims }, clock.now());
    const configured = hashSecret(passwordHash);
    const known = await people.password(id);
    if (known?.configured === configured) continue;
    if (known !== undefined) {
      await people.setPassword(id, { hash: passwordHash });
      await ends.passwordReplaced(id);
    }
    // The mark comes last: who stopped before it does all of this at the next sync.
    await people.setPassword(id, { hash: passwordHash, configured });
  }
  await removeOthers(inFile, people, ends);
}

async function removeOthers(
  inFile: ReadonlySet<string>,
  people: Store['people'],
  ends: EndedWithFile,
): Promise<void> {
  for (const { id } of await people.list()) {
    if (inFile.has(id) || parsePrincipalId(id).method !== method) continue;
    if ((await people.password(id))?.configured === undefined) continue;
    // Whoever is added under this name later must find nothing: so nothing begins any more, then all ends, then they go.
    await people.disable(id);
    await ends.removed(id);
    await people.remove(id);
  }
}
