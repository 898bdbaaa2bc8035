import { spawnSync } from 'node:child_process';
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newUuid, Secret, systemClock } from '../core/index.ts';
import { keyKind, openStore, type Store } from '../store/index.ts';
import { changeMasterKey } from './keyring.ts';
import { openVault } from './open-vault.ts';
import { rotateKeys } from './rotate-keys.ts';

let folder = '';
const masterKey = createSecretKey(randomBytes(32));
const nextMasterKey = createSecretKey(randomBytes(32));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-rotation-'));
  await writeFile(join(folder, 'master.key'), masterKey.export(), { mode: 0o600 });
  await writeFile(join(folder, 'next.key'), nextMasterKey.export(), { mode: 0o600 });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const names = ['a', 'b', 'c', 'd'];
const keyIds = async (store: Store) => (await store.sealed.list(keyKind)).map(({ id }) => id);

/** A store with four secrets, and one rotation behind it. */
async function filledStore(): Promise<{ readonly store: Store; readonly path: string }> {
  const path = join(folder, `${newUuid()}.db`);
  const store = await openStore({ kind: 'sqlite', path }, systemClock);
  const vault = await openVault({ store, masterKey });
  for (const name of names) await vault.put('role', name, new Secret(`secret of ${name}`));
  await rotateKeys({ store, masterKey });
  return { store, path };
}

async function expectAllReadable(store: Store, key: KeyObject, derived: Buffer): Promise<void> {
  const vault = await openVault({ store, masterKey: key });
  for (const name of names) {
    expect((await vault.open('role', name))?.reveal()).toBe(`secret of ${name}`);
  }
  expect(await vault.derive('test')).toEqual(derived);
}

async function derivedFrom(store: Store): Promise<Buffer> {
  return await (await openVault({ store, masterKey })).derive('test');
}

/** Rotates in a process of its own that dies after its n-th write; true when it came to its end instead. */
function rotateAndDie(path: string, killAfter: number, mode: 'rotate' | 'change'): boolean {
  const child = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'rotate-keys-victim.ts'), path, folder, String(killAfter), mode],
    { encoding: 'utf8' },
  );
  if (child.signal === 'SIGKILL') return false;
  expect(child.stderr).toBe('');
  expect(child.status).toBe(0);
  return true;
}

describe('a rotation of the keys', () => {
  test('puts every record under a new version and retires the old one', async () => {
    const { store } = await filledStore();
    const derived = await derivedFrom(store);
    expect(await rotateKeys({ store, masterKey })).toEqual({ active: '3', rewrapped: 5, retired: ['2'] });
    expect(await keyIds(store)).toEqual(['3']);
    await expectAllReadable(store, masterKey, derived);
    await store.close();
  });

  test('re-wraps more records than one batch holds', async () => {
    const { store } = await filledStore();
    const vault = await openVault({ store, masterKey });
    for (let index = 0; index < 250; index++) await vault.put('many', String(index), new Secret(`${index}`));
    expect(await rotateKeys({ store, masterKey })).toMatchObject({ rewrapped: 255, retired: ['2'] });
    expect((await vault.open('many', '249'))?.reveal()).toBe('249');
    await store.close();
  });

  test.each(['rotate', 'change'] as const)(
    'I03 killed after any of its writes leaves every secret readable, and can be run again (%s)',
    async (mode) => {
      const { store: original, path } = await filledStore();
      const derived = await derivedFrom(original);
      await original.close();
      const newest = mode === 'change' ? nextMasterKey : masterKey;
      let finished = false;
      let kills = 0;
      for (let killAfter = 1; !finished; killAfter++) {
        const copy = join(folder, `${newUuid()}.db`);
        await copyFile(path, copy);
        finished = rotateAndDie(copy, killAfter, mode);
        if (!finished) kills++;

        const store = await openStore({ kind: 'sqlite', path: copy }, systemClock);
        // The keys are under the new master key from the first write on; there is one key, so one write.
        await expectAllReadable(store, newest, derived);
        await changeMasterKey(store.sealed, masterKey, newest);
        await rotateKeys({ store, masterKey: newest });
        await expectAllReadable(store, newest, derived);
        expect(await keyIds(store)).toHaveLength(1);
        await store.close();
      }
      // A new key, five records, the old key's removal; and the old key under the new master key.
      expect(kills).toBe(mode === 'change' ? 8 : 7);
    },
    60_000,
  );

  test('I03 killed again and again, and never run to its end, leaves every secret readable', async () => {
    const { store: original, path } = await filledStore();
    const derived = await derivedFrom(original);
    await original.close();
    for (const killAfter of [1, 3, 2, 5, 4]) rotateAndDie(path, killAfter, 'rotate');
    const store = await openStore({ kind: 'sqlite', path }, systemClock);
    await expectAllReadable(store, masterKey, derived);
    await rotateKeys({ store, masterKey });
    expect(await keyIds(store)).toHaveLength(1);
    await expectAllReadable(store, masterKey, derived);
    await store.close();
  });

  test('loses no secret that others write meanwhile, and ends when several run at once', async () => {
    const { store } = await filledStore();
    const vaults = await Promise.all([1, 2, 3].map(() => openVault({ store, masterKey })));
    const write = async (writer: number) => {
      for (let index = 0; index < 30; index++) {
        await vaults[writer]?.put('busy', `${writer}/${index}`, new Secret(`${writer} wrote ${index}`));
      }
    };
    const rotate = async () => {
      for (let round = 0; round < 5; round++) await rotateKeys({ store, masterKey });
    };
    await Promise.all([write(0), write(1), write(2), rotate(), rotate()]);
    await rotateKeys({ store, masterKey });
    expect(await keyIds(store)).toHaveLength(1);
    const fresh = await openVault({ store, masterKey });
    for (const writer of [0, 1, 2]) {
      for (let index = 0; index < 30; index++) {
        expect((await fresh.open('busy', `${writer}/${index}`))?.reveal()).toBe(`${writer} wrote ${index}`);
      }
    }
    await store.close();
  });

  test('changes the master key: the new one opens everything, the old one nothing', async () => {
    const { store } = await filledStore();
    const derived = await derivedFrom(store);
    await changeMasterKey(store.sealed, masterKey, nextMasterKey);
    await expectAllReadable(store, nextMasterKey, derived);
    await expect(openVault({ store, masterKey })).rejects.toThrow(/The master key does not fit/);
    await store.close();
  });

  test('changes nothing with a master key that does not fit', async () => {
    const { store } = await filledStore();
    const before = await store.sealed.list(keyKind);
    const wrong = createSecretKey(randomBytes(32));
    await expect(rotateKeys({ store, masterKey: wrong })).rejects.toThrow(/The master key does not fit/);
    await expect(changeMasterKey(store.sealed, wrong, nextMasterKey)).rejects.toThrow(
      /The master key does not fit/,
    );
    expect(await store.sealed.list(keyKind)).toEqual(before);
    await store.close();
  });

  test('I03 stops at a record that was altered, names it, and keeps the key that it needs', async () => {
    const { store } = await filledStore();
    const record = await store.sealed.get('role', 'b');
    if (record === undefined) throw new Error('there is a record');
    await store.sealed.put({ ...record, envelope: record.envelope.replace(/.$/, '') }, record.revision);
    await expect(rotateKeys({ store, masterKey })).rejects.toThrow(/sealed record role "b" cannot be opened/);
    expect(await keyIds(store)).toEqual(['2', '3']);
    await store.sealed.put(record, (await store.sealed.get('role', 'b'))?.revision ?? 0);
    await expect(rotateKeys({ store, masterKey })).resolves.toMatchObject({ retired: ['2', '3'] });
    await store.close();
  });
});
