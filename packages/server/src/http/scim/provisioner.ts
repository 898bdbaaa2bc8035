import type { Audit } from '../../audit/index.ts';
import type { ProvisioningConfig } from '../../config/index.ts';
import { type Clock, newUuid, principalId } from '../../core/index.ts';
import { createRevocation } from '../../oauth/index.ts';
import { inTurn, type ProvisionedGroup, type ProvisionedUser, type Store } from '../../store/index.ts';
import type { WrittenGroup } from './group-resource.ts';
import { ScimError } from './scim-error.ts';
import type { WrittenUser } from './user-resource.ts';

/** What changes by a provisioning client go through. */
export interface ProvisionerParts {
  readonly store: Pick<Store, 'provisioning' | 'people' | 'artifacts' | 'revocations' | 'locks'>;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** Writes what a provisioning client said, and takes the consequences for the people concerned. */
export interface Provisioner {
  /** `id` of the user that is replaced; undefined for a new one. `change` gets it as it is now. @throws ScimError */
  putUser(
    id: string | undefined,
    change: (now: ProvisionedUser | undefined) => WrittenUser,
  ): Promise<ProvisionedUser>;
  /** Keeps the person out from now on, whatever their provider says. @throws ScimError */
  removeUser(id: string): Promise<void>;
  putGroup(
    id: string | undefined,
    change: (now: ProvisionedGroup | undefined) => WrittenGroup,
  ): Promise<ProvisionedGroup>;
  removeGroup(id: string): Promise<void>;
}

/** The provisioner of one sign-in method. Writes of one method come one after the other, over all gateways. */
export function createProvisioner(
  { method, subject, groupsInstead }: Pick<ProvisioningConfig, 'method' | 'subject' | 'groupsInstead'>,
  { store, audit, clock }: ProvisionerParts,
): Provisioner {
  const { provisioning, people } = store;
  const by = `scim:${method}`;

  async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const results: Result[] = [];
    await inTurn({ locks: store.locks, clock }, `scim:${method}`, async () => {
      results.push(await work());
    });
    const [result] = results;
    if (result === undefined) throw new ScimError(503, 'Another change is under way. Try again.');
    return result;
  }

  async function userNow(id: string): Promise<ProvisionedUser> {
    const [user] = await provisioning.users(method, { id });
    if (user === undefined) throw new ScimError(404, 'There is no such user.');
    return user;
  }

  async function groupNow(id: string): Promise<ProvisionedGroup> {
    const [group] = await provisioning.groups(method, { id });
    if (group === undefined) throw new ScimError(404, 'There is no such group.');
    return group;
  }

  function subjectOf({ externalId, nameKey }: WrittenUser): string {
    const value = subject === 'externalId' ? externalId : nameKey;
    if (value === undefined)
      throw new ScimError(400, 'externalId is missing; it names the person.', 'invalidValue');
    return value;
  }

  async function recorded(action: string, target: string, detail?: string): Promise<void> {
    await audit.recordDurably({ type: 'admin', action, target, by, ...(detail !== undefined && { detail }) });
  }

  /** What is stored of a user becomes what counts for the person; whatever that takes away ends. */
  async function apply(user: Pick<ProvisionedUser, 'id' | 'personId'>, said: Said): Promise<void> {
    const groups = said.active ? (await provisioning.groupsOf(user.id)).map(({ name }) => name) : [];
    const before = await people.get(user.personId);
    const { active, displayName } = said;
    await people.provision(
      { id: user.personId, displayName, provisioned: { active, groups, groupsInstead } },
      clock.now(),
    );
    if (!active) {
      if (before !== undefined && !before.disabled)
        await createRevocation(store, audit, clock).person(user.personId, 'your account was deactivated', by);
      return;
    }
    const after = await people.get(user.personId);
    const lost = before?.groups.some((group) => after?.groups.includes(group) !== true);
    if (lost === true)
      await store.revocations.append(
        { kind: 'groups', subject: user.personId, reason: 'your groups changed' },
        clock.now(),
      );
  }

  async function applyAll(userIds: Iterable<string>): Promise<void> {
    for (const id of new Set(userIds)) {
      const [user] = await provisioning.users(method, { id });
      if (user !== undefined) await apply(user, saidOf(user));
    }
  }

  return {
    putUser: (id, change) =>
      alone(async () => {
        const now = id === undefined ? undefined : await userNow(id);
        const written = change(now);
        const personId = principalId({ method, subject: subjectOf(written) });
        const sameName = await provisioning.users(method, { nameKey: written.nameKey });
        const samePerson = await provisioning.users(method, { personId });
        if ([...sameName, ...samePerson].some((other) => other.id !== id))
          throw new ScimError(409, 'There is a user of this name, or for this person.', 'uniqueness');
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
        await recorded(
          now === undefined ? 'user_provisioned' : 'user_changed',
          personId,
          written.active ? undefined : 'not active',
        );
        await provisioning.saveUser(user);
        if (now !== undefined && now.personId !== personId)
          await apply(now, { ...saidOf(now), active: false });
        await apply(user, written);
        return user;
      }),

    removeUser: async (id) => {
      await alone(async () => {
        const user = await userNow(id);
        await recorded('user_deprovisioned', user.personId);
        await apply(user, { ...saidOf(user), active: false });
        await provisioning.removeUser(id);
        return true;
      });
    },

    putGroup: (id, change) =>
      alone(async () => {
        const now = id === undefined ? undefined : await groupNow(id);
        const written = change(now);
        const sameName = await provisioning.groups(method, { name: written.name });
        if (sameName.some((other) => other.id !== id))
          throw new ScimError(409, 'There is a group of this name.', 'uniqueness');
        const known = new Set((await provisioning.users(method)).map((user) => user.id));
        const unknown = written.memberIds.find((member) => !known.has(member));
        if (unknown !== undefined)
          throw new ScimError(
            400,
            `The member ${unknown} is no user here. Groups in groups are not supported.`,
            'invalidValue',
          );
        const group: ProvisionedGroup = {
          id: now?.id ?? newUuid(),
          method,
          name: written.name,
          ...(written.externalId !== undefined && { externalId: written.externalId }),
          memberIds: written.memberIds,
          createdAt: now?.createdAt ?? clock.now(),
          updatedAt: clock.now(),
        };
        await recorded(
          now === undefined ? 'group_provisioned' : 'group_changed',
          `${method}:${written.name}`,
        );
        await provisioning.saveGroup(group);
        const before = now?.memberIds ?? [];
        const changed =
          now?.name === group.name
            ? [
                ...before.filter((member) => !group.memberIds.includes(member)),
                ...group.memberIds.filter((member) => !before.includes(member)),
              ]
            : [...before, ...group.memberIds];
        await applyAll(changed);
        return group;
      }),

    removeGroup: async (id) => {
      await alone(async () => {
        const group = await groupNow(id);
        await recorded('group_deprovisioned', `${method}:${group.name}`);
        await provisioning.removeGroup(id);
        await applyAll(group.memberIds);
        return true;
      });
    },
  };
}

type Said = Pick<WrittenUser, 'active' | 'displayName'>;

/** What was checked when it was written. */
function saidOf({ attributes, nameKey }: ProvisionedUser): Said {
  const { active, displayName, userName } = attributes;
  const shown = [displayName, userName].find((text) => typeof text === 'string' && text !== '');
  return { active: active !== false, displayName: String(shown ?? nameKey) };
}
