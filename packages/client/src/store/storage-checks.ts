import type { TokenStorage } from './token-storage.ts';

/** One promise of {@link TokenStorage}. `run` rejects with what was broken; any test runner can call it. */
export interface StorageCheck {
  readonly title: string;
  /** `id` is one that the storage has not seen. */
  run(storage: TokenStorage, id: string): Promise<void>;
}

const leaseMs = 60_000;

/** What every storage must do. Give each check an id of its own. */
export const storageChecks: readonly StorageCheck[] = [
  {
    title: 'a record that was never written is absent',
    run: async (storage, id) => {
      same(await storage.read(id), undefined);
      same((await storage.lock(id, 'a', leaseMs)).outcome, 'absent');
      same(await storage.replace(id, 'a', 'x'), 'lost');
      await storage.unlock(id, 'a');
      await storage.delete(id);
      same(await storage.read(id), undefined);
    },
  },
  {
    title: 'what was written is read, also when it is long and has characters of every kind',
    run: async (storage, id) => {
      const text = `'"\\;--\n${'é€😀'.repeat(1000)}`;
      await storage.write(id, text);
      same(await storage.read(id), text);
      await storage.write(id, 'second');
      same(await storage.read(id), 'second');
    },
  },
  {
    title: 'of many who ask at once, one gets the lock',
    run: async (storage, id) => {
      await storage.write(id, 'x');
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, at) => storage.lock(id, `owner-${at}`, leaseMs)),
      );
      same(all.filter(({ outcome }) => outcome === 'locked').length, 1);
      same(all.filter(({ outcome }) => outcome === 'held').length, 9);
    },
  },
  {
    title: 'the owner replaces, and the lock is free then',
    run: async (storage, id) => {
      await storage.write(id, 'x');
      const locked = await storage.lock(id, 'a', leaseMs);
      same(locked.outcome === 'locked' ? locked.text : locked.outcome, 'x');
      same(await storage.replace(id, 'a', 'y'), 'replaced');
      same(await storage.replace(id, 'a', 'z'), 'lost');
      const next = await storage.lock(id, 'b', leaseMs);
      same(next.outcome === 'locked' ? next.text : next.outcome, 'y');
    },
  },
  {
    title: 'a lock that was given back is free, and only its owner can give it back',
    run: async (storage, id) => {
      await storage.write(id, 'x');
      await storage.lock(id, 'a', leaseMs);
      await storage.unlock(id, 'b');
      same((await storage.lock(id, 'b', leaseMs)).outcome, 'held');
      await storage.unlock(id, 'a');
      same((await storage.lock(id, 'b', leaseMs)).outcome, 'locked');
    },
  },
  {
    title: 'after the lease somebody else takes over, and the first cannot write any more',
    run: async (storage, id) => {
      await storage.write(id, 'x');
      await storage.lock(id, 'a', 0);
      same((await storage.lock(id, 'b', leaseMs)).outcome, 'locked');
      same(await storage.replace(id, 'a', 'late'), 'lost');
      await storage.unlock(id, 'a');
      same(await storage.replace(id, 'b', 'y'), 'replaced');
      same(await storage.read(id), 'y');
    },
  },
  {
    title: 'a new sign-in takes the lock away',
    run: async (storage, id) => {
      await storage.write(id, 'x');
      await storage.lock(id, 'a', leaseMs);
      await storage.write(id, 'new');
      same(await storage.replace(id, 'a', 'old'), 'lost');
      same(await storage.read(id), 'new');
      same((await storage.lock(id, 'b', leaseMs)).outcome, 'locked');
    },
  },
  {
    title: 'a removed record stays removed, also for who held its lock',
    run: async (storage, id) => {
      await storage.write(id, 'x');
      await storage.lock(id, 'a', leaseMs);
      await storage.delete(id);
      same(await storage.replace(id, 'a', 'ghost'), 'lost');
      same(await storage.read(id), undefined);
    },
  },
  {
    title: 'records do not touch each other',
    run: async (storage, id) => {
      await storage.write(`${id}-1`, 'one');
      await storage.write(`${id}-2`, 'two');
      await storage.lock(`${id}-1`, 'a', leaseMs);
      same(await storage.replace(`${id}-2`, 'a', 'x'), 'lost');
      await storage.delete(`${id}-1`);
      same(await storage.read(`${id}-2`), 'two');
    },
  },
];

function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`expected ${String(expected)}, but it was ${String(actual)}`);
}
