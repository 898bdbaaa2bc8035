import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newUuid, Secret, systemClock } from '../core/index.ts';
import { keyKind, openStore, type Store } from '../store/index.ts';
import { changeMasterKey } from './keyring.ts';
import { openVault } from './open-vault.ts';
import { rotateKeys } from './rotate-keys.ts';

let folder = '';
const stores: Store[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-vault-'));
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function newStore(name = `${newUuid()}.db`): Promise<Store> {
  const store = await openStore({ kind: 'sqlite', path: join(folder, name) }, systemClock);
  stores.push(store);
  return store;
}

const newMasterKey = () => createSecretKey(randomBytes(32));

describe('the vault', () => {
  test('gives back what was put, replaces it, and forgets it', async () => {
    const vault = await openVault({ store: await newStore(), masterKey: newMasterKey() });
    expect(await vault.open('role', 'a')).toBeUndefined();
    await vault.put('role', 'a', new Secret('öne'));
    await vault.put('role', 'b', new Secret('other'));
    expect((await vault.open('role', 'a'))?.reveal()).toBe('öne');
    await vault.put('role', 'a', new Secret('two'));
    expect((await vault.open('role', 'a'))?.reveal()).toBe('two');
    await vault.remove('role', 'a');
    expect(await vault.open('role', 'a')).toBeUndefined();
    expect((await vault.open('role', 'b'))?.reveal()).toBe('other');
  });

  test('reads its secrets and derives the same keys after a restart', async () => {
    const [store, masterKey] = [await newStore(), newMasterKey()];
    const before = await openVault({ store, masterKey });
    await before.put('role', 'a', new Secret('kept'));
    const derived = await before.derive('cookies');
    const after = await openVault({ store, masterKey });
    expect((await after.open('role', 'a'))?.reveal()).toBe('kept');
    expect(await after.derive('cookies')).toEqual(derived);
  });

  test('derives a key of 32 bytes for each purpose and each installation', async () => {
    const one = await openVault({ store: await newStore(), masterKey: newMasterKey() });
    const two = await openVault({ store: await newStore(), masterKey: newMasterKey() });
    const keys = await Promise.all([one.derive('a'), one.derive('b'), two.derive('a')]);
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32]);
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(3);
  });

  test('is one and the same for ten processes that open a new store at once', async () => {
    const [name, masterKey] = [`${newUuid()}.db`, newMasterKey()];
    const vaults = await Promise.all(
      Array.from({ length: 10 }, async () => openVault({ store: await newStore(name), masterKey })),
    );
    const derived = await Promise.all(vaults.map((vault) => vault.derive('a')));
    expect(new Set(derived.map((key) => key.toString('hex'))).size).toBe(1);
    await vaults[0]?.put('role', 'a', new Secret('seen by all'));
    for (const vault of vaults) expect((await vault.open('role', 'a'))?.reveal()).toBe('seen by all');
  });

  test('I09 does not open with another master key, and says what to do', async () => {
    const store = await newStore();
    await openVault({ store, masterKey: newMasterKey() });
    await expect(openVault({ store, masterKey: newMasterKey() })).rejects.toThrow(
      /The master key does not fit this store.*Start with the master key that this store was used with/,
    );
  });

  test('does not open when a key of the keyring was altered', async () => {
    const [store, masterKey] = [await newStore(), newMasterKey()];
    await openVault({ store, masterKey });
    const [key] = await store.sealed.list(keyKind);
    if (key === undefined) throw new Error('there is a key');
    const flipped =
      key.envelope.slice(0, -2) + (key.envelope.at(-2) === 'A' ? 'B' : 'A') + key.envelope.slice(-1);
    await store.sealed.put({ ...key, envelope: flipped }, key.revision);
    await expect(openVault({ store, masterKey })).rejects.toThrow(/Key "1" of the keyring was altered/);
  });

  test('I01 opens neither of two records whose rows were swapped', async () => {
    const store = await newStore();
    const vault = await openVault({ store, masterKey: newMasterKey() });
    await vault.put('role', 'db/readonly', new Secret('low'));
    await vault.put('role', 'db/admin', new Secret('high'));
    const [admin, readonly] = await store.sealed.list('role');
    if (admin === undefined || readonly === undefined) throw new Error('there are two records');
    await store.sealed.put({ ...admin, envelope: readonly.envelope }, admin.revision);
    await store.sealed.put({ ...readonly, envelope: admin.envelope }, readonly.revision);
    await expect(vault.open('role', 'db/admin')).rejects.toThrow(/cannot be opened/);
    await expect(vault.open('role', 'db/readonly')).rejects.toThrow(/cannot be opened/);
  });

  test('follows a rotation in another process, reading and writing, without a restart', async () => {
    const [store, masterKey] = [await newStore(), newMasterKey()];
    const running = await openVault({ store, masterKey });
    await running.put('role', 'a', new Secret('before'));
    const derived = await running.derive('cookies');
    await rotateKeys({ store, masterKey });
    await rotateKeys({ store, masterKey });
    expect((await running.open('role', 'a'))?.reveal()).toBe('before');
    expect(await running.derive('cookies')).toEqual(derived);
    await rotateKeys({ store, masterKey });
    // This one still knows only the version before, whose key is gone.
    await running.put('role', 'a', new Secret('after'));
    expect((await store.sealed.get('role', 'a'))?.keyId).toBe('4');
    expect((await running.open('role', 'a'))?.reveal()).toBe('after');
  });

  test.each(['key', 'root'])('keeps the kind %s to itself', async (kind) => {
    const vault = await openVault({ store: await newStore(), masterKey: newMasterKey() });
    await expect(vault.put(kind, '1', new Secret('x'))).rejects.toThrow(TypeError);
    await expect(vault.open(kind, '1')).rejects.toThrow(TypeError);
    await expect(vault.remove(kind, '1')).rejects.toThrow(TypeError);
  });

  test('I05 writes neither secrets nor keys in clear to the disk, through writes and rotations', async () => {
    const name = `${newUuid()}.db`;
    const [store, masterKey, canary] = [await newStore(name), newMasterKey(), `CANARY-${newUuid()}`];
    const vault = await openVault({ store, masterKey });
    await vault.put('role', 'a', new Secret(canary));
    await rotateKeys({ store, masterKey });
    const nextMasterKey = newMasterKey();
    await changeMasterKey(store.sealed, masterKey, nextMasterKey);
    await rotateKeys({ store, masterKey: nextMasterKey });
    const files = (await readdir(folder)).filter((file) => file.startsWith(name));
    expect(files).toContain(`${name}-wal`);
    for (const file of files) {
      const content = await readFile(join(folder, file));
      for (const secret of [masterKey.export(), nextMasterKey.export(), Buffer.from(canary)]) {
        expect(content.includes(secret)).toBe(false);
        expect(content.includes(secret.toString('base64url'))).toBe(false);
        expect(content.includes(secret.toString('hex'))).toBe(false);
      }
    }
  });
});
