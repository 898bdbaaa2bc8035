import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret, systemClock } from '../../core/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { syncConfiguredUsers } from './configured-users.ts';
import { localMethod } from './local-method.ts';
import { hashPassword } from './password-hash.ts';

const editor = 'local:editor@example.com';
const user = { username: 'Editor@Example.com', groups: ['editor'], claims: { department: 'sales' } };

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-identity-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, systemClock);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function signIn(username: string, password: string): Promise<string> {
  const { people, attempts } = store;
  const method = localMethod({ name: 'local', people, attempts, clock: systemClock });
  const attempt = { username, password: new Secret(password), remoteAddress: '192.0.2.1' };
  return (await method.verify(attempt)).outcome;
}

/** What ended, in order. */
let ended: string[] = [];

async function sync(users: Parameters<typeof syncConfiguredUsers>[0]): Promise<void> {
  ended = [];
  await syncConfiguredUsers(users, store.people, systemClock, {
    removed: async (person) => {
      // What they hold ends while they can begin nothing new, and while a next sync still finds them.
      expect(await store.people.get(person)).toMatchObject({ disabled: true });
      ended.push(`removed ${person}`);
    },
    passwordReplaced: async (person) => void ended.push(`password ${person}`),
  });
}

/** The user as the file has it, with this password under bcrypt. */
async function inFile(password: string) {
  return { ...user, passwordHash: await bcryptHash(password, { cost: 4 }) };
}

describe('the people of the config file', () => {
  test('are in the store after a sync, under the folded name, and have not signed in', async () => {
    await sync([await inFile('one')]);
    const person = await store.people.get(editor);
    expect(person).toMatchObject({ groups: ['editor'], claims: { department: 'sales' } });
    expect(person).not.toHaveProperty('lastSignInAt');
    expect(await signIn('editor@example.com', 'one')).toBe('proven');
  });

  test('have the groups and the password of the file after a change of the file', async () => {
    await sync([await inFile('one')]);
    await sync([{ ...(await inFile('two')), groups: ['admin'] }]);
    expect(await store.people.get(editor)).toMatchObject({ groups: ['admin'] });
    expect(await signIn('editor@example.com', 'one')).toBe('failed');
    expect(await signIn('editor@example.com', 'two')).toBe('proven');
  });

  test('lose what was opened with the password that the file had before', async () => {
    await sync([await inFile('one')]);
    expect(ended).toEqual([]);
    await sync([await inFile('two')]);
    expect(ended).toEqual([`password ${editor}`]);
  });

  test('lose it at the next sync when the gateway stopped before all of that had ended', async () => {
    await sync([await inFile('one')]);
    const fromFile = await inFile('two');
    const stopped = {
      removed: async () => {},
      passwordReplaced: () => Promise.reject(new Error('stopped')),
    };
    await expect(syncConfiguredUsers([fromFile], store.people, systemClock, stopped)).rejects.toThrow(
      'stopped',
    );
    expect(await signIn('editor@example.com', 'one')).toBe('failed');
    await sync([fromFile]);
    expect(ended).toEqual([`password ${editor}`]);
    expect(await signIn('editor@example.com', 'two')).toBe('proven');
    await sync([fromFile]);
    expect(ended).toEqual([]);
  });

  test('leave people who were added by command alone', async () => {
    const id = 'local:viewer@example.com';
    await store.people.put({ id, displayName: 'Viewer', groups: [], claims: {} }, 1);
    await store.people.setPassword(id, { hash: await hashPassword(new Secret('own')) });
    await sync([]);
    expect(ended).toEqual([]);
    expect(await signIn('viewer@example.com', 'own')).toBe('proven');
  });

  test('keep a password that was upgraded or changed meanwhile, until the file changes', async () => {
    const fromFile = await inFile('one');
    await sync([fromFile]);
    await signIn('editor@example.com', 'one');
    const upgraded = await store.people.password(editor);
    expect(upgraded?.hash).toMatch(/^\$argon2id\$/);
    await sync([fromFile]);
    expect(await store.people.password(editor)).toEqual(upgraded);

    await store.people.setPassword(editor, { hash: await hashPassword(new Secret('own')) });
    await sync([fromFile]);
    expect(await signIn('editor@example.com', 'own')).toBe('proven');

    await sync([await inFile('two')]);
    expect(await signIn('editor@example.com', 'own')).toBe('failed');
    expect(await signIn('editor@example.com', 'two')).toBe('proven');
  });

  test('are gone from the store when they are gone from the file', async () => {
    await sync([await inFile('one')]);
    await sync([]);
    expect(ended).toEqual([`removed ${editor}`]);
    expect(await signIn('editor@example.com', 'one')).toBe('failed');
    expect(await store.people.get(editor)).toBeUndefined();
  });

  test('go at the next sync when the gateway stopped before all that they held had ended', async () => {
    await sync([await inFile('one')]);
    const stopped = {
      removed: () => Promise.reject(new Error('stopped')),
      passwordReplaced: async () => {},
    };
    await expect(syncConfiguredUsers([], store.people, systemClock, stopped)).rejects.toThrow('stopped');
    await sync([]);
    expect(ended).toEqual([`removed ${editor}`]);
    expect(await store.people.get(editor)).toBeUndefined();
  });
});
