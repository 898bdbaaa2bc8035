import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SettableClock } from './conformance/settable-clock.ts';
import { inTurn } from './in-turn.ts';
import { openStore, type Store } from './index.ts';

let folder: string;
let store: Store;
const clock = new SettableClock();
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  folder = await mkdtemp(join(tmpdir(), 'grantway-turns-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, clock);
});
afterEach(async () => {
  vi.useRealTimers();
  await store.close();
  await rm(folder, { recursive: true });
});

/** Locks that say how many have asked in vain. */
function countedLocks() {
  const counted = { refused: 0 };
  const locks: Store['locks'] = {
    acquire: async (...asked) => {
      const got = await store.locks.acquire(...asked);
      if (!got) counted.refused += 1;
      return got;
    },
    release: (...asked) => store.locks.release(...asked),
  };
  return { locks, counted };
}

test('work that takes minutes is not done by two at once', async () => {
  const { locks, counted } = countedLocks();
  const done: string[] = [];
  const slow = Promise.withResolvers<void>();
  const first = inTurn({ locks, clock }, 'name', async () => {
    await slow.promise;
    done.push('first');
  });
  for (let step = 0; step < 12; step++) {
    clock.advance(10_000);
    await vi.advanceTimersByTimeAsync(10_000);
    // The prolonging has come to the store, since the store takes one after the other.
    await store.locks.release('nobody', 'nobody');
  }
  const second = inTurn({ locks, clock }, 'name', async () => void done.push('second'));
  await vi.waitUntil(() => counted.refused > 1);
  slow.resolve();
  await Promise.all([first, second]);
  expect(done).toEqual(['first', 'second']);
});

test('who waits for half a minute is told that somebody else is at it', async () => {
  const { locks, counted } = countedLocks();
  const slow = Promise.withResolvers<void>();
  const first = inTurn({ locks, clock }, 'name', () => slow.promise);
  await vi.advanceTimersByTimeAsync(10_000);
  const second = inTurn({ locks, clock }, 'name', async () => {});
  await vi.waitUntil(() => counted.refused > 0);
  clock.advance(20_000);
  await vi.advanceTimersByTimeAsync(10_000);
  await store.locks.release('nobody', 'nobody');
  clock.advance(10_001);
  expect(await second).toEqual({ outcome: 'busy' });
  slow.resolve();
  expect((await first).outcome).toBe('done');
  // Nothing is left behind of a lease.
  expect(await store.locks.acquire('name', 'next', clock.now() + 1, clock.now())).toBe(true);
});
