import { describe, expect, test } from 'vitest';
import { hashSecret, Secret } from '../core/index.ts';
import { secondFactors } from '../identity/index.ts';
import { createProviderSessions } from '../oauth/index.ts';
import {
  addPerson,
  disablePerson,
  enablePerson,
  type InviteResult,
  invitePerson,
  listConsents,
  listPeople,
  personIdOf,
  removePerson,
  resetFactors,
  resetSecret,
  signOutPerson,
} from './index.ts';
import { ada, operatorBed } from './testing/index.ts';

const bed = operatorBed();

function linkOf(result: InviteResult): URL {
  if (result.outcome !== 'invited') throw new Error(result.outcome);
  return new URL(result.link.reveal());
}

describe('people', () => {
  test('somebody who was added signs in with the first secret, which expires', async () => {
    const secret = await bed.addAda();
    expect(await bed.signIn('ada@example.com', secret)).toBe('first_secret');
    const stored = await bed.workspace.store.people.password(ada);
    expect(stored?.expiresAt).toBeGreaterThan(bed.workspace.clock.now());
    expect((await listPeople(bed.workspace))[0]).toMatchObject({
      id: ada,
      groups: ['editor'],
      disabled: false,
    });
  });

  test('nobody is added twice, in whatever spelling', async () => {
    await bed.addAda();
    expect(await addPerson(bed.workspace, 'ADA@example.com', [])).toEqual({ outcome: 'exists' });
  });

  test.each([[''], [' '], [' ada'], ['ada\nadmin'], ['ada\u202e'], ['corp:ada'], ['a'.repeat(255)]])(
    'the user name %j is refused before anything is recorded or kept',
    async (name) => {
      await expect(addPerson(bed.workspace, name, [])).rejects.toThrow('A user name has');
      await expect(invitePerson(bed.workspace, name, [])).rejects.toThrow('A user name has');
      expect(await bed.recorded()).toEqual([]);
      expect(await listPeople(bed.workspace)).toEqual([]);
    },
  );

  test('a reset makes the old secret worthless and ends what the person holds', async () => {
    const old = await bed.addAda();
    const consent = await bed.consentOf(ada, 'app');
    const reset = await resetSecret(bed.workspace, ada);
    if (reset.outcome !== 'reset') throw new Error(reset.outcome);
    expect(await bed.signIn('ada@example.com', old)).toBe('wrong_password');
    expect(await bed.signIn('ada@example.com', reset.secret)).toBe('first_secret');
    expect(await bed.workspace.store.artifacts.find('Grant', hashSecret(consent))).toBeUndefined();
    expect(await bed.revocations()).toContain(`person ${ada}`);
  });

  test('an invitation is a link with a secret that the store knows as a hash alone; the next one ends it and all that they hold', async () => {
    const first = linkOf(await invitePerson(bed.workspace, 'Ada@Example.com', ['editor']));
    expect(first.origin + first.pathname).toBe('http://127.0.0.1:8400/invitation');
    expect(first.searchParams.get('user')).toBe('ada@example.com');
    const secret = new Secret(first.searchParams.get('secret') ?? '');
    expect(await bed.signIn('ada@example.com', secret)).toBe('first_secret');
    expect(JSON.stringify(await bed.workspace.store.people.password(ada))).toContain('$argon2id$');
    const consent = await bed.consentOf(ada, 'app');

    const second = linkOf(await invitePerson(bed.workspace, 'ada@example.com', []));
    expect(await bed.signIn('ada@example.com', secret)).toBe('wrong_password');
    expect(await bed.signIn('ada@example.com', new Secret(second.searchParams.get('secret') ?? ''))).toBe(
      'first_secret',
    );
    expect(await bed.workspace.store.artifacts.find('Grant', hashSecret(consent))).toBeUndefined();
    expect(await bed.recorded()).toEqual([`person_invited ${ada}`, `person_invited ${ada}`]);
    expect((await bed.workspace.store.people.get(ada))?.groups).toEqual(['editor']);
  });

  test('no invitation changes groups, or leads somebody in who is disabled', async () => {
    await bed.addAda();
    expect(await invitePerson(bed.workspace, 'ADA@example.com', ['admin'])).toEqual({
      outcome: 'groups_are_kept',
    });
    await disablePerson(bed.workspace, ada);
    expect(await invitePerson(bed.workspace, 'ada@example.com', [])).toEqual({ outcome: 'disabled' });
  });

  test('people of another sign-in method have no secret here', async () => {
    expect(await resetSecret(bed.workspace, 'corp:ada')).toEqual({ outcome: 'not_local' });
    expect(await resetSecret(bed.workspace, 'local:nobody')).toEqual({ outcome: 'not_found' });
    expect(await resetSecret(bed.workspace, personIdOf(':ada'))).toEqual({ outcome: 'not_found' });
  });

  test('a reset of the password leaves second factors, and says how many', async () => {
    await bed.addAda();
    const { store, vault, clock } = bed.workspace;
    const factors = secondFactors({ store, secrets: vault, clock });
    await factors.addApp(ada, 'App', new Secret('JBSWY3DPEHPK3PXP'), 1);
    expect(await resetSecret(bed.workspace, ada)).toMatchObject({ outcome: 'reset', factorsKept: 1 });
    expect(await resetFactors(bed.workspace, ada)).toBe(1);
    expect(await resetSecret(bed.workspace, ada)).toMatchObject({ outcome: 'reset', factorsKept: 0 });
  });

  test('of somebody who is removed nothing stays sealed: no key of an app, no token of their provider', async () => {
    await bed.addAda();
    const { store, vault, clock } = bed.workspace;
    const factors = secondFactors({ store, secrets: vault, clock });
    await factors.addApp(ada, 'App', new Secret('JBSWY3DPEHPK3PXP'), 1);
    await createProviderSessions(store, vault, clock).keep(ada, { idToken: new Secret('e.y.J'), id: 'sid' });
    const sealed = async () =>
      (await Promise.all(['totp', 'provider-session'].map((kind) => store.sealed.list(kind)))).flat();
    expect(await sealed()).toHaveLength(2);
    expect(await removePerson(bed.workspace, ada)).toBe(true);
    expect(await sealed()).toEqual([]);
  });

  test('a disabled person is kept out at once, everywhere, until enabled', async () => {
    const secret = await bed.addAda();
    await bed.consentOf(ada, 'app');
    expect(await disablePerson(bed.workspace, ada)).toBe(true);
    expect(await bed.signIn('ada@example.com', secret)).toBe('disabled');
    expect(await listConsents(bed.workspace, { personId: ada })).toEqual([]);
    expect(await bed.revocations()).toEqual([`person ${ada}`]);
    expect(await enablePerson(bed.workspace, ada)).toBe(true);
    expect(await bed.signIn('ada@example.com', secret)).toBe('first_secret');
  });

  test('a person who is signed out loses everything, and may sign in again', async () => {
    const secret = await bed.addAda();
    await bed.consentOf(ada, 'app');
    expect(await signOutPerson(bed.workspace, ada)).toBe(true);
    expect(await listConsents(bed.workspace, { personId: ada })).toEqual([]);
    expect(await bed.revocations()).toEqual([`person ${ada}`]);
    expect(await bed.recorded()).toContain(`person_signed_out ${ada}`);
    expect(await bed.signIn('ada@example.com', secret)).toBe('first_secret');
  });

  test('a removed person is unknown, and what they held ends', async () => {
    const secret = await bed.addAda();
    expect(await removePerson(bed.workspace, ada)).toBe(true);
    expect(await bed.signIn('ada@example.com', secret)).toBe('unknown');
    expect(await bed.revocations()).toContain(`person ${ada}`);
  });

  test.each([
    ['disable', disablePerson],
    ['enable', enablePerson],
    ['remove', removePerson],
    ['sign out', signOutPerson],
  ])('to %s a stranger changes and records nothing', async (_, act) => {
    expect(await act(bed.workspace, 'local:nobody')).toBe(false);
    expect(await bed.recorded()).toEqual([]);
    expect(await bed.revocations()).toEqual([]);
  });

  test('a name without a method is a local person’s', () => {
    expect(personIdOf('Ada@Example.com')).toBe(ada);
    expect(personIdOf('corp:Ada')).toBe('corp:Ada');
  });
});
