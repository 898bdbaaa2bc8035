import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ProvisionedGroup, ProvisionedUser } from '../aggregates/provisioning.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** Users and groups as SCIM clients wrote them. */
export function provisioningConformance({ store }: ConformanceContext): void {
  describe('provisioning', () => {
    const provisioning = () => store().provisioning;
    const user = (method: string, createdAt = 10): ProvisionedUser => {
      const id = newId();
      return {
        id,
        method,
        personId: `${method}:${id}`,
        nameKey: `name-${id}`,
        externalId: `external-${id}`,
        attributes: { userName: `Name-${id}`, active: true, emails: [{ value: 'a@example.com' }] },
        createdAt,
        updatedAt: createdAt,
      };
    };
    const group = (method: string, memberIds: readonly string[]): ProvisionedGroup => ({
      id: newId(),
      method,
      name: `group-${newId()}`,
      memberIds,
      createdAt: 10,
      updatedAt: 10,
    });

    test('users are found by whatever names them, within their method', async () => {
      const method = newId();
      const [one, two] = [user(method), user(method, 11)];
      for (const each of [two, one, user(newId())]) await provisioning().saveUser(each);
      expect(await provisioning().users(method)).toEqual([one, two]);
      for (const by of [
        { id: two.id },
        { nameKey: two.nameKey },
        { externalId: `external-${two.id}` },
        { personId: two.personId },
      ])
        expect(await provisioning().users(method, by)).toEqual([two]);
      expect(await provisioning().users(newId(), { id: two.id })).toEqual([]);
    });

    test('a user is replaced, and two never share a name', async () => {
      const method = newId();
      const [one, two] = [user(method), user(method)];
      for (const each of [one, two]) await provisioning().saveUser(each);
      const renamed = { ...one, attributes: { userName: 'x' }, updatedAt: 20 };
      await provisioning().saveUser(renamed);
      expect(await provisioning().users(method, { id: one.id })).toEqual([renamed]);
      await expect(provisioning().saveUser({ ...two, nameKey: one.nameKey })).rejects.toThrow();
    });

    test('groups have the members that were written last, and lose those who are removed', async () => {
      const method = newId();
      const [one, two] = [user(method), user(method)];
      for (const each of [one, two]) await provisioning().saveUser(each);
      const team = group(method, [one.id, two.id]);
      await provisioning().saveGroup(team);
      expect(await provisioning().groups(method, { name: team.name })).toMatchObject([{ id: team.id }]);
      expect(await provisioning().groupsOf(one.id)).toEqual([{ id: team.id, name: team.name }]);
      await provisioning().saveGroup({ ...team, memberIds: [two.id] });
      expect(await provisioning().groupsOf(one.id)).toEqual([]);
      await provisioning().removeUser(two.id);
      expect(await provisioning().groups(method, { id: team.id })).toMatchObject([{ memberIds: [] }]);
      const other = group(method, [one.id]);
      await provisioning().saveGroup(other);
      expect((await provisioning().groups(method)).map(({ memberIds }) => memberIds)).toEqual(
        [team, other]
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .map(({ id }) => (id === other.id ? [one.id] : [])),
      );
      await provisioning().removeGroup(other.id);
      expect(await provisioning().groupsOf(one.id)).toEqual([]);
      await provisioning().removeGroup(team.id);
      expect(await provisioning().groups(method)).toEqual([]);
    });
  });
}
