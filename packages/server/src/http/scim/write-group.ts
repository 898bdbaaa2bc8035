import { newUuid } from '../../core/index.ts';
import type { ProvisionedGroup } from '../../store/index.ts';
import type { WrittenGroup } from './group-resource.ts';
import { type Provisioning, recordChange } from './provisioning.ts';
import { ScimError } from './scim-error.ts';
import { takeEffectOnAll } from './take-effect.ts';

/** Stores a group as `change` says and lets it count for its members; `id` is undefined for a new one. @throws ScimError */
export async function putGroup(
  provisioning: Provisioning,
  id: string | undefined,
  change: (now: ProvisionedGroup | undefined) => WrittenGroup,
): Promise<ProvisionedGroup> {
  const { store, clock, method } = provisioning;
  const now = id === undefined ? undefined : await groupNow(provisioning, id);
  const written = change(now);
  await assertUnique(provisioning, id, written);
  await assertMembersKnown(provisioning, written);
  const group: ProvisionedGroup = {
    id: now?.id ?? newUuid(),
    method,
    name: written.name,
    ...(written.externalId !== undefined && { externalId: written.externalId }),
    memberIds: written.memberIds,
    createdAt: now?.createdAt ?? clock.now(),
    updatedAt: clock.now(),
  };
  await recordChange(
    provisioning,
    now === undefined ? 'group_provisioned' : 'group_changed',
    `${method}:${written.name}`,
  );
  await store.provisioning.saveGroup(group);
  await takeEffectOnAll(provisioning, concerned(now, group));
  return group;
}

/** Forgets a group; its members lose what it gave. @throws ScimError 404 */
export async function removeGroup(provisioning: Provisioning, id: string): Promise<void> {
  const { store, method } = provisioning;
  const group = await groupNow(provisioning, id);
  await recordChange(provisioning, 'group_deprovisioned', `${method}:${group.name}`);
  await store.provisioning.removeGroup(id);
  await takeEffectOnAll(provisioning, group.memberIds);
}

async function groupNow({ store, method }: Provisioning, id: string): Promise<ProvisionedGroup> {
  const [group] = await store.provisioning.groups(method, { id });
  if (group === undefined) throw new ScimError(404, 'There is no such group.');
  return group;
}

async function assertUnique(
  { store, method }: Provisioning,
  id: string | undefined,
  { name }: WrittenGroup,
): Promise<void> {
  const sameName = await store.provisioning.groups(method, { name });
  if (sameName.some((other) => other.id !== id))
    throw new ScimError(409, 'There is a group of this name.', 'uniqueness');
}

async function assertMembersKnown(
  { store, method }: Provisioning,
  { memberIds }: WrittenGroup,
): Promise<void> {
  const known = new Set((await store.provisioning.users(method)).map((user) => user.id));
  const unknown = memberIds.find((member) => !known.has(member));
  if (unknown !== undefined)
    throw new ScimError(
      400,
      `The member ${unknown} is no user here. Groups in groups are not supported.`,
      'invalidValue',
    );
}

/** Whose groups are others now: of a group that was renamed, all members. */
function concerned(before: ProvisionedGroup | undefined, after: ProvisionedGroup): readonly string[] {
  const membersBefore = before?.memberIds ?? [];
  if (before?.name !== after.name) return [...membersBefore, ...after.memberIds];
  return [
    ...membersBefore.filter((member) => !after.memberIds.includes(member)),
    ...after.memberIds.filter((member) => !membersBefore.includes(member)),
  ];
}
