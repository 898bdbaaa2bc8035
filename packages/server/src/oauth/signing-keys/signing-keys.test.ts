import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../audit/index.ts';
import { Secret } from '../../core/index.ts';
import { openStore } from '../../store/index.ts';
import { openVault, rotateKeys } from '../../vault/index.ts';
import { announceKey, createSigningKeys, type KeptKey, readKeys, replaceKeys } from './index.ts';

const hour = 3_600_000;
const tokens = {
  accessMs: 15 * 60_000,
  refreshMs: 720 * hour,
  browserSessionMs: 12 * hour,
  signingKeyMs: 2_160 * hour,
  signingKeyNoticeMs: 24 * hour,
};
const keptMs = 24 * hour;

let folder: string;
let closers: (() => Promise<void>)[];
/** The hands of a clock that every gateway sees. */
let now: number;
let elapsed: number;
let recorded: AuditEvent[];
const masterKey = createSecretKey(randomBytes(32));
const clock = { now: () => now, monotonic: () => elapsed };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-signing-'));
  closers = [];
  now = Date.parse('2026-01-01T00:00:00Z');
  elapsed = 0;
  recorded = [];
});
afterEach(async () => {
  for (const close of closers) await close();
  await rm(folder, { recursive: true });
});

/** What one process has: its own connection to the store, its own vault, and what it knows of the keys. */
async function gateway() {
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, clock);
  closers.push(() => store.close());
  const vault = await openVault({ store, masterKey });
  const record = async (event: AuditEvent) => void recorded.push(event);
  const keys = createSigningKeys({
    config: () => ({ tokens }),
    vault,
    store,
    audit: {
      record: (event) => void recorded.push(event),
      recordDurably: record,
      failed: false,
      onFailure: () => {},
      close: async () => {},
    },
    clock,
  });
  const told: string[] = [];
  const making = {
    vault,
    store,
    clock,
    lifetimes: tokens,
    record: async (what: string, { jwk }: KeptKey) => void told.push(`${what} ${jwk.kid}`),
  };
  return { store, vault, keys, making, told };
}

/** Time passes, so that everybody reads again. */
function pass(ms: number): void {
  now += ms;
  elapsed += ms;
}

const kidsOf = ({ keys }: { readonly keys: readonly { readonly kid: string }[] }) =>
  keys.map(({ kid }) => kid);

describe('the keys that sign ID tokens', () => {
  it('G20 are the same for gateways that start at the same moment, and after the vault changed its own', async () => {
    const gateways = await Promise.all(Array.from({ length: 6 }, gateway));
    const sets = await Promise.all(gateways.map(({ keys }) => keys.current()));
    const [first] = sets;
    expect(first?.keys).toHaveLength(1);
    for (const other of sets) expect(other).toEqual(first);

    const [one] = gateways;
    if (one === undefined) throw new Error('no gateway');
    await rotateKeys({ store: one.store, masterKey });
    expect(await (await gateway()).keys.current()).toEqual(first);
  });

  it('show no private half where they are published', async () => {
    const { published } = await (await gateway()).keys.current();
    for (const key of published.keys)
      expect(Object.keys(key)).toEqual(['kty', 'n', 'e', 'kid', 'alg', 'use']);
  });

  it('are sealed in the store', async () => {
    const { keys, store } = await gateway();
    const { signing } = await keys.current();
    const [record] = await store.sealed.list('oauth-signing-keys');
    expect(record?.envelope).toBeDefined();
    expect(record?.envelope).not.toContain(signing.d);
    expect(record?.envelope).not.toContain(signing.n);
  });

  it('G20 follow each other by age: announced at two gateways, then signing, then retired, then gone', async () => {
    const [one, other] = [await gateway(), await gateway()];
    const [old = ''] = kidsOf(await one.keys.current());
    const everywhere = async () => {
      const [mine, theirs] = [await one.keys.current(), await other.keys.current()];
      expect(theirs).toEqual(mine);
      return kidsOf(mine);
    };
    pass(tokens.signingKeyMs - tokens.signingKeyNoticeMs - 1);
    expect(await everywhere()).toEqual([old]);
    pass(1);
    elapsed += 1_000;
    const [signs, next = ''] = await everywhere();
    expect(signs).toBe(old);
    expect(next).not.toBe('');
    pass(tokens.signingKeyNoticeMs - 1);
    expect(await everywhere()).toEqual([old, next]);
    pass(1);
    expect(await everywhere()).toEqual([next, old]);
    pass(keptMs - 1);
    expect(await everywhere()).toEqual([next, old]);
    pass(1);
    expect(await everywhere()).toEqual([next]);
    expect((await readKeys(one.vault)).map(({ jwk }) => jwk.kid)).toEqual([next]);
    expect(recorded.map((event) => ('action' in event ? event.action : event.type))).toEqual([
      'signing_key_announced',
      'signing_key_announced',
      'signing_key_removed',
    ]);
    expect(recorded.at(-1)).toMatchObject({ detail: `${old}, signs from 2026-01-01T00:00:00.000Z on` });
  });

  it('change at the very moment at which the next one signs, however freshly they were read', async () => {
    const { keys, making } = await gateway();
    await keys.current();
    const { key } = await announceKey(making);
    pass(tokens.signingKeyNoticeMs - 1);
    expect((await keys.current()).signing.kid).not.toBe(key.jwk.kid);
    now += 1;
    expect((await keys.current()).signing.kid).toBe(key.jwk.kid);
  });

  it('are one object while nothing changes, which a second of age does not', async () => {
    const { keys } = await gateway();
    const before = await keys.current();
    pass(5_000);
    expect(await keys.current()).toBe(before);
  });

  it('are read again after a second, so that no gateway hides a key that another announced', async () => {
    const [one, other] = [await gateway(), await gateway()];
    await other.keys.current();
    const { key } = await announceKey(one.making);
    pass(1_000);
    expect(kidsOf(await other.keys.current())).toContain(key.jwk.kid);
  });

  it('are neither published nor used when the store does not answer', async () => {
    const { keys, store } = await gateway();
    await keys.current();
    await store.close();
    closers = [];
    pass(1_000);
    await expect(keys.current()).rejects.toThrow();
  });

  it('go on from the one key that a store had before keys followed each other', async () => {
    const { vault, keys } = await gateway();
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' };
    await vault.put('oauth-signing-keys', 'current', new Secret(JSON.stringify({ keys: [jwk] })));
    const { signing, keys: all } = await keys.current();
    expect(signing.n).toBe(jwk.n);
    expect(all).toHaveLength(2);
    pass(tokens.signingKeyNoticeMs);
    expect((await keys.current()).signing.n).not.toBe(jwk.n);
    pass(keptMs);
    expect((await keys.current()).keys).toHaveLength(1);
    expect(await vault.open('oauth-signing-keys', 'current')).toBeUndefined();
  });
});

describe('a key that is announced', () => {
  it('stays the next one when another is asked for, also by several at once', async () => {
    const gateways = await Promise.all(Array.from({ length: 4 }, gateway));
    await gateways[0]?.keys.current();
    const all = await Promise.all(gateways.map(({ making }) => announceKey(making)));
    expect(new Set(all.map(({ key }) => key.jwk.kid)).size).toBe(1);
    expect(all.filter(({ outcome }) => outcome === 'announced')).toHaveLength(1);
    expect(gateways.flatMap(({ told }) => told)).toHaveLength(1);
  });

  it('is made although a process died while it had its turn', async () => {
    const { keys, making, store } = await gateway();
    await keys.current();
    await store.locks.acquire('oauth-signing-keys', 'dead', now + 30_000, now);
    const waiting = announceKey(making);
    now += 30_000;
    expect(await waiting).toMatchObject({ outcome: 'announced' });
  });

  it('is given up when another process holds the turn for longer than any work takes', async () => {
    const { keys, making, store, told } = await gateway();
    await keys.current();
    await store.locks.acquire('oauth-signing-keys', 'stuck', now + hour, now);
    for (const make of [announceKey, replaceKeys]) {
      const waiting = make(making);
      elapsed += 31_000;
      await expect(waiting).rejects.toThrow('Another process has been making signing keys for too long');
    }
    expect(told).toEqual([]);
  });

  it('is not made when it cannot be recorded', async () => {
    const { keys, making } = await gateway();
    const before = await keys.current();
    const failing = { ...making, record: () => Promise.reject(new Error('the disk is full')) };
    await expect(announceKey(failing)).rejects.toThrow('the disk is full');
    await expect(replaceKeys(failing)).rejects.toThrow('the disk is full');
    pass(1_000);
    expect(await keys.current()).toBe(before);
  });
});

describe('a key that somebody else may hold', () => {
  it('G20 is out at once, with all others, and the new one signs', async () => {
    const [one, other] = [await gateway(), await gateway()];
    await one.keys.current();
    await announceKey(one.making);
    const made = await replaceKeys(one.making);
    pass(1_000);
    for (const { keys } of [one, other]) expect(kidsOf(await keys.current())).toEqual([made.jwk.kid]);
    expect((await readKeys(other.vault)).map(({ jwk }) => jwk.kid)).toEqual([made.jwk.kid]);
    expect(one.told.at(-1)).toBe(`signing_keys_replaced ${made.jwk.kid}`);
  });

  it('is out also when the command was killed before it had removed it', async () => {
    const [one, other] = [await gateway(), await gateway()];
    const stolen = (await one.keys.current()).signing.kid;
    const dying = {
      ...one.making,
      vault: { ...one.vault, openAll: one.vault.openAll.bind(one.vault), add: one.vault.add.bind(one.vault) },
    };
    dying.vault.remove = () => Promise.reject(new Error('killed'));
    await expect(replaceKeys(dying)).rejects.toThrow('killed');
    pass(1_000);
    expect(kidsOf(await other.keys.current())).not.toContain(stolen);
    expect((await readKeys(other.vault)).map(({ jwk }) => jwk.kid)).not.toContain(stolen);
  });
});
