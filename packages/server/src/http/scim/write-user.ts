import { newUuid, principalId } from '../../core/index.ts';
import type { ProvisionedUser } from '../../store/index.ts';
import { type Provisioning, recordChange } from './provisioning.ts';
import { ScimError } from './scim-error.ts';
import { takeEffect } from './take-effect.ts';
import { readUser, type WrittenUser } from './user-resource.ts';

/** Stores a user as `change` says and lets it count for the person; `id` is undefined for a new one. @throws ScimError */
export async function putUser(
  provisioning: Provisioning,
  id: string | undefined,
  change: (now: ProvisionedUser | undefined) => WrittenUser,
): Promise<ProvisionedUser> {
  const { store, clock, method } = provisioning;
  const now = id === undefined ? undefined : await userNow(provisioning, id);
  const written = change(now);
  const personId = principalId({ method, subject: subjectOf(provisioning, written) });
  await assertUnique(provisioning, id, { nameKey: written.nameKey, personId });
  const user: ProvisionedUser = {
    id: now?.id ?? newUuid(),
    method,
    personId,
    nameKey: written.nameKey,
    ...(written.externalId !== undefined && { externalId: written.externalId }),
    attributes: written.attributes,
    createdAt: now?.createdAt ?? clock.now(),
    updatedAt: clock.now(),
  };
  await recordChange(
    provisioning,
    now === undefined ? 'user_provisioned' : 'user_changed',
    personId,
    written.active ? undefined : 'not active',
  );
  await store.provisioning.saveUser(user);
  if (now !== undefined && now.personId !== personId)
    await takeEffect(provisioning, now, { ...readUser(now.attributes), active: false });
  await takeEffect(provisioning, user, written);
  return user;
}

/** Forgets a user, and keeps the person out from now on, whatever their provider says. @throws ScimError 404 */
export async function removeUser(provisioning: Provisioning, id: string): Promise<void> {
  const user = await userNow(provisioning, id);
  await recordChange(provisioning, 'user_deprovisioned', user.personId);
  await takeEffect(provisioning, user, { ...readUser(user.attributes), active: false });
  await provisioning.store.provisioning.removeUser(id);
}

async function userNow({ store, method }: Provisioning, id: string): Promise<ProvisionedUser> {
  const [user] = await store.provisioning.users(method, { id });
  if (user === undefined) throw new ScimError(404, 'There is no such user.');
  return user;
}

/** The attribute by which the provider names the person in its sign-ins too. */
function subjectOf({ subject }: Provisioning, { externalId, nameKey }: WrittenUser): string {
  const value = subject === 'externalId' ? externalId : nameKey;
  if (value === undefined)
    throw new ScimError(400, 'externalId is missing; it names the person.', 'invalidValue');
  return value;
}

async function assertUnique(
  { store, method }: Provisioning,
  id: string | undefined,
  { nameKey, personId }: Pick<ProvisionedUser, 'nameKey' | 'personId'>,
): Promise<void> {
  const sameName = await store.provisioning.users(method, { nameKey });
  const samePerson = await store.provisioning.users(method, { personId });
  if ([...sameName, ...samePerson].some((other) => other.id !== id))
    throw new ScimError(409, 'There is a user of this name, or for this person.', 'uniqueness');
}
