import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditEvent } from '../audit/index.ts';
import { SettableClock } from '../store/conformance/settable-clock.ts';
import { openStore, type Store } from '../store/index.ts';
import { pruneStore } from './prune-store.ts';

const day = 24 * 3_600_000;

let folder: string;
let store: Store;
let clock: SettableClock;
let recorded: AuditEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-prune-'));
  clock = new SettableClock();
  recorded = [];
  store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, clock);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const prune = () =>
  pruneStore({
    store,
    audit: { record: (event) => void recorded.push(event) },
    clock,
    log: {
      problem: (message, cause) => {
        throw new Error(message, { cause });
      },
    },
  });

test('a client that registered itself and that nobody used goes after a week, which is on record', async () => {
  await store.clients.put({ id: 'unused', origin: 'registration', metadata: {} }, clock.now());
  clock.advance(7 * day);
  await prune();
  expect(await store.clients.get('unused')).toBeDefined();
  expect(recorded).toEqual([]);
  clock.advance(1);
  await prune();
  expect(await store.clients.get('unused')).toBeUndefined();
  expect(recorded).toEqual([
    {
      type: 'admin',
      action: 'client_removed',
      target: 'unused',
      by: 'grantway',
      detail: 'it registered itself at 2026-01-01T00:00:00.000Z, and nobody uses it',
    },
  ]);
});

test('one that was used goes when its use is long ago and nobody’s consent lives any more', async () => {
  await store.clients.put({ id: 'used', origin: 'registration', metadata: {} }, clock.now());
  await store.activity.used({ clientId: 'used', personId: 'local:ann' }, clock.now());
  const grant = { model: 'Grant', idHash: 'g', payload: {}, clientId: 'used' };
  await store.artifacts.upsert({ ...grant, expiresAt: clock.now() + 40 * day });
  clock.advance(39 * day);
  await prune();
  expect(await store.clients.get('used')).toBeDefined();
  clock.advance(2 * day);
  await prune();
  expect(await store.clients.get('used')).toBeUndefined();
});

test('many are removed in one go', async () => {
  for (let count = 0; count < 250; count++)
    await store.clients.put({ id: `c${count}`, origin: 'registration', metadata: {} }, clock.now());
  clock.advance(8 * day);
  await prune();
  expect(recorded).toHaveLength(250);
  expect(await store.clients.list()).toEqual([]);
});
