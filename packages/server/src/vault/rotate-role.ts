import { type Clock, type Database, newId, newUuid, type Role, Secret } from '../core/index.ts';
import type { RoleManager } from '../engines/index.ts';
import type { Locks } from '../store/index.ts';
import type { RoleSecrets } from './role-secrets.ts';

/** Longer than a rotation takes, and short enough that the role of a killed one can soon be rotated again. */
const leaseMs = 60_000;

/** How a rotation ended. */
export type RoleRotation =
  | { readonly outcome: 'rotated' }
  /** Another process rotates this role now. Nothing was changed. */
  | { readonly outcome: 'busy' }
  /**
   * The server took the new password and still refuses the login (it may be disabled, or barred by address). Both
   * secrets are kept as candidates; a later run settles it.
   */
  | { readonly outcome: 'not_accepted' };

/** What a rotation works on. */
export interface Rotation {
  readonly manager: Pick<RoleManager, 'setPassword' | 'accepts'>;
  readonly database: Database;
  readonly role: Role;
  readonly managerSecret: Secret;
  readonly credentials: RoleSecrets;
  readonly locks: Locks;
  readonly clock: Clock;
}

/**
 * Gives the login of a managed role a fresh random password: stage it, set it on the server, see that the server
 * takes it, promote it. It may be killed between any two steps: what the server takes is always a candidate, and the
 * next run first settles what the last one left.
 * @throws what the manager throws when the server cannot be reached; nothing is lost, and it can be run again.
 */
export async function rotateRole(rotation: Rotation): Promise<RoleRotation> {
  return await oneAtATime(rotation, () => giveFreshSecret(rotation));
}

/**
 * Whether the server takes none of the secrets that a session would try. False for a role that never got one: that is
 * for `roles apply`.
 * @throws Refusal `request_invalid` when that could not be tried
 */
export async function isLockedOut({
  manager,
  database,
  role,
  credentials,
}: Pick<Rotation, 'database' | 'role' | 'credentials'> & {
  readonly manager: Pick<RoleManager, 'accepts'>;
}): Promise<boolean> {
  const secrets = await credentials.passwords(database.name, role.name);
  for (const secret of secrets) if (await manager.accepts(database, role, secret)) return false;
  return secrets.length > 0;
}

/**
 * A {@link rotateRole} of a role that {@link isLockedOut}, and of no other: what another process rotates, or has just rotated,
 * stays as it is. `announce` is called before anything is changed; when it throws, nothing is.
 * @throws what the manager and `announce` throw
 */
export async function replaceRefusedSecret(
  rotation: Rotation,
  announce: () => Promise<void>,
): Promise<RoleRotation | { readonly outcome: 'accepted' }> {
  return await oneAtATime(rotation, async () => {
    if (!(await isLockedOut(rotation))) return { outcome: 'accepted' };
    await announce();
    return await giveFreshSecret(rotation);
  });
}

async function giveFreshSecret(rotation: Rotation): Promise<RoleRotation> {
  const { manager, database, role, managerSecret, credentials } = rotation;
  // A run that was killed left a staged secret. If the server has it, it is the current one. If not, this run goes
  // on with it: should the killed run's statement still be on its way, it then sets what this run sets as well.
  const left = await credentials.staged(database.name, role.name);
  const settled = left !== undefined && (await manager.accepts(database, role, left));
  if (settled) await credentials.promoteNext(database.name, role.name, left);

  const secret = left !== undefined && !settled ? left : new Secret(newId());
  await credentials.stageNext(database.name, role.name, secret);
  await manager.setPassword(database, managerSecret, role, secret);
  if (!(await manager.accepts(database, role, secret))) return { outcome: 'not_accepted' };
  await credentials.promoteNext(database.name, role.name, secret);
  return { outcome: 'rotated' };
}

/** Runs `work` while no other process rotates the role. */
async function oneAtATime<T>(
  { database, role, locks, clock }: Rotation,
  work: () => Promise<T>,
): Promise<T | { readonly outcome: 'busy' }> {
  const lock = `rotate-role ${database.name}/${role.name}`;
  const owner = newUuid();
  if (!(await locks.acquire(lock, owner, clock.now() + leaseMs, clock.now()))) return { outcome: 'busy' };
  try {
    return await work();
  } finally {
    await locks.release(lock, owner);
  }
}
