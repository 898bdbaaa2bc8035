import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../core/index.ts';
import { openStore } from '../store/index.ts';
import { openVault, rotateKeys } from '../vault/index.ts';
import { signingKeys } from './signing-keys.ts';

let folder: string;
const closers: (() => Promise<void>)[] = [];
const masterKey = createSecretKey(randomBytes(32));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-signing-'));
});
afterAll(async () => {
  for (const close of closers) await close();
  await rm(folder, { recursive: true });
});

/** What one process has: its own connection to the store, and its own vault. */
async function gateway() {
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, systemClock);
  closers.push(() => store.close());
  return { store, vault: await openVault({ store, masterKey }) };
}

describe('the keys that sign ID tokens', () => {
  it('G20 are the same for gateways that start at the same moment, and after the vault changed its own', async () => {
    const gateways = await Promise.all(Array.from({ length: 6 }, gateway));
    const keys = await Promise.all(
      gateways.map(({ store, vault }) => signingKeys(vault, store, systemClock)),
    );
    const [first] = keys;
    expect(first?.keys).toHaveLength(1);
    for (const other of keys) expect(other).toEqual(first);

    const [one] = gateways;
    if (one === undefined) throw new Error('no gateway');
    await rotateKeys({ store: one.store, masterKey });
    const later = await gateway();
    expect(await signingKeys(later.vault, later.store, systemClock)).toEqual(first);
  });
});
