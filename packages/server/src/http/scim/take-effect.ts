import { createRevoker } from '../../oauth/index.ts';
import type { ProvisionedUser } from '../../store/index.ts';
import { type Provisioning, whoProvisions } from './provisioning.ts';
import { readUser, type WrittenUser } from './user-resource.ts';

/** What is stored of a user becomes what counts for the person; whatever that takes away ends. */
export async function takeEffect(
  provisioning: Provisioning,
  { id, personId }: Pick<ProvisionedUser, 'id' | 'personId'>,
  { active, displayName }: Pick<WrittenUser, 'active' | 'displayName'>,
): Promise<void> {
  const { store, audit, clock, method, groupsInstead } = provisioning;
  const groups = active ? (await store.provisioning.groupsOf(id)).map(({ name }) => name) : [];
  const before = await store.people.get(personId);
  await store.people.provision(
    { id: personId, displayName, provisioned: { active, groups, groupsInstead } },
    clock.now(),
  );
  if (!active) {
    if (before !== undefined && !before.disabled)
      await createRevoker(store, audit, clock).person(
        personId,
        'your account was deactivated',
        whoProvisions(method),
      );
    return;
  }
  const after = await store.people.get(personId);
  const lost = before?.groups.some((group) => after?.groups.includes(group) !== true);
  if (lost === true)
    await store.revocations.append(
      { kind: 'groups', subject: personId, reason: 'your groups changed' },
      clock.now(),
    );
}

/** {@link takeEffect} for each of these users that is still there, as they are stored. */
export async function takeEffectOnAll(provisioning: Provisioning, userIds: Iterable<string>): Promise<void> {
  for (const id of new Set(userIds)) {
    const [user] = await provisioning.store.provisioning.users(provisioning.method, { id });
    if (user !== undefined) await takeEffect(provisioning, user, readUser(user.attributes));
  }
}
