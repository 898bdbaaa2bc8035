import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore, type Store } from '../store/index.ts';
import { createKeptAnswers, type KeptAnswer } from './kept-answers.ts';

let folder: string;
let stores: Store[];
let now: number;
let elapsed: number;
const clock = { now: () => now, monotonic: () => elapsed };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-kept-'));
  stores = [];
  now = Date.parse('2026-01-01T00:00:00Z');
  elapsed = 0;
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

/** One process on the store that all share. */
async function gateway() {
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, clock);
  stores.push(store);
  return { store, kept: createKeptAnswers(store, clock) };
}

const answer: KeptAnswer = {
  status: 303,
  headers: { location: '/there', 'set-cookie': ['a=1', 'b=2'] },
  body: 'Go there.',
};

/** What is to be done once, and how often it was. */
function counted(given: KeptAnswer | undefined = answer) {
  const done = { times: 0 };
  const work = async () => {
    done.times += 1;
    return given;
  };
  return { done, work };
}

describe('what is sent several times', () => {
  test('is done once, over all gateways, and the others get its answer', async () => {
    const gateways = await Promise.all(Array.from({ length: 3 }, gateway));
    const { done, work } = counted();
    const ends = await Promise.all([...gateways, ...gateways].map(({ kept }) => kept.once('the same', work)));
    expect(done.times).toBe(1);
    expect(ends.filter(({ outcome }) => outcome === 'first')).toHaveLength(1);
    expect(ends.filter(({ outcome }) => outcome === 'again')).toEqual(
      Array.from({ length: 5 }, () => ({ outcome: 'again', answer })),
    );
  });

  test('asks the store for its turn once each, however many wait', async () => {
    const { store, kept } = await gateway();
    const { acquire } = store.locks;
    let asked = 0;
    store.locks.acquire = async (...lease) => {
      asked += 1;
      return await acquire(...lease);
    };
    const { done, work } = counted();
    await Promise.all(Array.from({ length: 50 }, () => kept.once('the same', work)));
    expect([asked, done.times]).toEqual([50, 1]);
  });

  test('is done each time when there is no answer to keep', async () => {
    const { kept } = await gateway();
    const { done, work } = counted();
    const nothing = async () => {
      await work();
      return undefined;
    };
    for (let sending = 0; sending < 3; sending++)
      expect(await kept.once('the same', nothing)).toEqual({ outcome: 'first' });
    expect(done.times).toBe(3);
  });

  test('is done again when the first one failed, which hears of its failure alone', async () => {
    const { kept } = await gateway();
    const { work } = counted();
    const failing = kept.once('the same', () => Promise.reject(new Error('the disk is full')));
    const next = kept.once('the same', work);
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await next).toEqual({ outcome: 'first' });
  });

  test('is done again when its time is over, and something else is done at once', async () => {
    const { kept } = await gateway();
    const { done, work } = counted();
    await kept.once('the same', work);
    await kept.once('something else', work);
    now += 9_999;
    expect(await kept.once('the same', work)).toMatchObject({ outcome: 'again' });
    now += 1;
    expect(await kept.once('the same', work)).toEqual({ outcome: 'first' });
    expect(done.times).toBe(3);
  });

  test('is refused when the first one, at another gateway, does not come to an end', async () => {
    const [one, other] = [await gateway(), await gateway()];
    const finish = Promise.withResolvers<KeptAnswer>();
    const begun = Promise.withResolvers<void>();
    const first = one.kept.once('the same', () => {
      begun.resolve();
      return finish.promise;
    });
    await begun.promise;
    const { acquire } = other.store.locks;
    const asked = Promise.withResolvers<void>();
    other.store.locks.acquire = async (...lease) => {
      asked.resolve();
      return await acquire(...lease);
    };
    const second = other.kept.once('the same', counted().work);
    await asked.promise;
    elapsed += 31_000;
    await expect(second).rejects.toMatchObject({ code: 'store_unavailable' });
    finish.resolve(answer);
    expect(await first).toEqual({ outcome: 'first' });
  });
});
