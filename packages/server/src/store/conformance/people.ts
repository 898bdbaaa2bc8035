import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { Provisioned } from '../aggregates/people.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** Everybody who signed in or was added, and the local passwords. */
export function peopleConformance({ store }: ConformanceContext): void {
  describe('people', () => {
    const people = () => store().people;
    const somebody = () => ({
      id: `local:${newId()}`,
      displayName: 'Åsa "Q" O’Neil',
      groups: ['viewer', 'a b'],
      claims: { department: 'finance', level: 3, remote: true, sites: ['x', 'y'] },
    });

    test('remembers who was added, without a sign-in', async () => {
      const person = somebody();
      await people().put(person, 10);
      expect(await people().get(person.id)).toEqual({
        ...person,
        disabled: false,
        createdAt: 10,
        signInEpoch: await people().signInMark(),
      });
      expect(await people().get(`local:${newId()}`)).toBeUndefined();
    });

    test('puts the end of sign-ins behind every mark from before, and before every mark from afterwards', async () => {
      const person = somebody();
      await people().put(person, 10);
      const before = await people().signInMark();
      await Promise.all(Array.from({ length: 5 }, () => people().endSignIns(person.id)));
      await people().seen(person, 20);
      const after = await people().signInMark();
      expect([await people().get(person.id), after]).toEqual([
        expect.objectContaining({ signInEpoch: after }),
        before + 5,
      ]);
      await people().endSignIns(`local:${newId()}`);
      expect(await people().get(person.id)).toMatchObject({ signInEpoch: after });
      await people().endSignIns(person.id);
      expect((await people().get(person.id))?.signInEpoch).toBeGreaterThan(after);
    });

    test.each(['put', 'seen', 'provision'] as const)(
      'puts whoever is added by %s behind the sign-ins of somebody removed before',
      async (how) => {
        const person = somebody();
        await people().put(person, 10);
        const before = await people().signInMark();
        await people().endSignIns(person.id);
        await people().remove(person.id);
        const provisioned = { active: true, groups: [], groupsInstead: false };
        if (how === 'provision') await people().provision({ ...person, provisioned }, 20);
        else await people()[how](person, 20);
        expect((await people().get(person.id))?.signInEpoch).toBeGreaterThan(before);
      },
    );

    test('leaves nothing to whoever is added under the same id', async () => {
      const person = somebody();
      const id = newId();
      await people().put(person, 10);
      await store().clients.put({ id, origin: 'page', metadata: {} }, 10);
      await store().applications.put({ clientId: id, owner: person.id, state: 'approved' });
      await store().activity.used({ clientId: id, personId: person.id }, 10);
      expect(await people().remove(person.id)).toBe(true);
      await people().put(person, 20);
      expect(await store().applications.list({ owner: person.id })).toEqual([]);
      expect(await store().applications.get(id)).toEqual({ clientId: id, state: 'approved' });
      expect(await store().activity.uses({ personId: person.id })).toEqual([]);
    });

    test('renews what a provider says between sign-ins, of people who are known alone, and lets that word end', async () => {
      const person = somebody();
      await people().heard(person, 10);
      expect(await people().get(person.id)).toBeUndefined();
      await people().seen(person, 20);
      await people().heard({ ...person, groups: ['editor'] }, 30);
      expect(await people().get(person.id)).toMatchObject({
        groups: ['editor'],
        lastSignInAt: 20,
        heardAt: 30,
      });
      await people().silence(person.id);
      expect(await people().get(person.id)).toMatchObject({ lastSignInAt: 20, heardAt: 0 });
    });

    test('counts provisioned groups together with those of a sign-in, or instead of them, and keeps out who is not active', async () => {
      const { id, displayName } = somebody();
      const provision = (provisioned: Provisioned) =>
        people().provision({ id, displayName, provisioned }, 10);
      await provision({ active: true, groups: ['a'], groupsInstead: false });
      expect(await people().get(id)).toMatchObject({
        groups: ['a'],
        disabled: false,
        createdAt: 10,
        signInEpoch: await people().signInMark(),
      });
      await people().seen({ id, displayName, groups: ['b', 'a'], claims: {} }, 20);
      expect(await people().get(id)).toMatchObject({ groups: ['b', 'a'] });
      await provision({ active: true, groups: ['c'], groupsInstead: true });
      expect(await people().get(id)).toMatchObject({ groups: ['c'] });
      await provision({ active: false, groups: ['c'], groupsInstead: true });
      expect(await people().get(id)).toMatchObject({ disabled: true });
      await people().enable(id);
      expect(await people().get(id)).toMatchObject({ disabled: true });
    });

    test('renews what a sign-in says and the time of it, and leaves disabled and the password alone', async () => {
      const person = somebody();
      await people().put(person, 10);
      await people().setPassword(person.id, { hash: '$argon2id$one' });
      await people().disable(person.id);
      await people().seen({ ...person, displayName: 'New', groups: [], claims: {} }, 20);
      expect(await people().get(person.id)).toEqual({
        id: person.id,
        displayName: 'New',
        groups: [],
        claims: {},
        disabled: true,
        createdAt: 10,
        signInEpoch: await people().signInMark(),
        lastSignInAt: 20,
        heardAt: 20,
      });
      expect(await people().password(person.id)).toEqual({ hash: '$argon2id$one' });
    });

    test('keeps the last sign-in when an added person is put again', async () => {
      const person = somebody();
      await people().seen(person, 20);
      await people().put(person, 30);
      expect(await people().get(person.id)).toMatchObject({ createdAt: 20, lastSignInAt: 20 });
    });

    test('says whether there was somebody to disable or to remove', async () => {
      const person = somebody();
      expect(await people().disable(person.id)).toBe(false);
      expect(await people().remove(person.id)).toBe(false);
      await people().put(person, 1);
      expect(await people().disable(person.id)).toBe(true);
      expect(await people().enable(person.id)).toBe(true);
      expect((await people().get(person.id))?.disabled).toBe(false);
      expect(await people().remove(person.id)).toBe(true);
      expect(await people().get(person.id)).toBeUndefined();
    });

    test('removes the password with the person', async () => {
      const person = somebody();
      await people().put(person, 1);
      await people().setPassword(person.id, { hash: 'h' });
      await people().remove(person.id);
      await people().put(person, 2);
      expect(await people().password(person.id)).toBeUndefined();
    });

    test('remembers what the config file gave, through changes and upgrades, until the file gives another', async () => {
      const { id } = somebody();
      await people().setPassword(id, { hash: 'bcrypt', configured: 'one' });
      await people().upgradePassword(id, 'bcrypt', 'argon2id');
      expect(await people().password(id)).toEqual({ hash: 'argon2id', configured: 'one' });
      await people().setPassword(id, { hash: 'own' });
      expect(await people().password(id)).toEqual({ hash: 'own', configured: 'one' });
      await people().setPassword(id, { hash: 'new', configured: 'two' });
      expect(await people().password(id)).toEqual({ hash: 'new', configured: 'two' });
    });

    test('marks a first secret with its end, and forgets the end when the person sets a password', async () => {
      const { id } = somebody();
      await people().setPassword(id, { hash: 'first', expiresAt: 99 });
      expect(await people().password(id)).toEqual({ hash: 'first', expiresAt: 99 });
      await people().setPassword(id, { hash: 'own' });
      expect(await people().password(id)).toEqual({ hash: 'own' });
    });

    test('upgrades a hash only if it is still the one that was checked', async () => {
      const { id } = somebody();
      await people().setPassword(id, { hash: 'bcrypt', expiresAt: 99 });
      expect(await people().upgradePassword(id, 'bcrypt', 'argon2id')).toBe(true);
      expect(await people().password(id)).toEqual({ hash: 'argon2id', expiresAt: 99 });
      await people().setPassword(id, { hash: 'changed' });
      expect(await people().upgradePassword(id, 'argon2id', 'again')).toBe(false);
      expect(await people().password(id)).toEqual({ hash: 'changed' });
    });

    test('takes a person’s own password for the one that was checked, once, and without an end', async () => {
      const { id } = somebody();
      await people().setPassword(id, { hash: 'first', expiresAt: 99, configured: 'one' });
      const outcomes = await Promise.all([
        people().changePassword(id, 'first', 'own'),
        people().changePassword(id, 'first', 'another'),
      ]);
      expect(outcomes.toSorted()).toEqual([false, true]);
      const hash = outcomes[0] ? 'own' : 'another';
      expect(await people().password(id)).toEqual({ hash, configured: 'one' });
      expect(await people().changePassword(`local:${newId()}`, 'first', 'own')).toBe(false);
    });

    test('lists everybody, oldest first', async () => {
      const [first, second] = [somebody(), somebody()];
      await people().put(second, 2_000_000_000_001);
      await people().put(first, 2_000_000_000_000);
      const ids = (await people().list()).map(({ id }) => id);
      expect(ids.slice(-2)).toEqual([first.id, second.id]);
    });
  });
}
