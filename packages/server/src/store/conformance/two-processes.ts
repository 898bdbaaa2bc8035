import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { StoreLocation } from '../../config/index.ts';
import { newId, systemClock } from '../../core/index.ts';
import { openStore } from '../open-store.ts';

const models = ['AuthorizationCode', 'RefreshToken', 'DeviceCode'] as const;

/** What must hold between processes that share one store. */
export function twoProcessesConformance(newLocation: () => Promise<StoreLocation>): void {
  describe('two processes on one store', () => {
    test('start together on an empty store, and each single use has one winner among them', async () => {
      const location = await newLocation();
      const work = models.flatMap((model) => {
        const shared = newId();
        // 25 uses of one artifact in each process, and 25 artifacts that each process uses once.
        return [
          ...Array.from({ length: 25 }, () => ({ model, idHash: shared })),
          ...Array.from({ length: 25 }, () => ({ model, idHash: newId() })),
        ];
      });
      const contenders = [contender(location, work), contender(location, work)];
      await Promise.all(contenders.map(({ ready }) => ready));

      const store = await openStore(location, systemClock);
      for (const idHash of new Set(work.map((artifact) => artifact.idHash))) {
        const model = work.find((artifact) => artifact.idHash === idHash)?.model ?? '';
        await store.artifacts.upsert({ model, idHash, payload: {}, expiresAt: systemClock.now() + 60_000 });
      }
      for (const { go } of contenders) go();
      const outcomes = await Promise.all(contenders.map(({ outcomes }) => outcomes));
      await store.close();

      const winners = new Map<string, number>();
      for (const ofOne of outcomes) {
        expect(ofOne).toHaveLength(work.length);
        for (const [index, outcome] of ofOne.entries()) {
          const idHash = work[index]?.idHash ?? '';
          if (outcome === 'consumed') winners.set(idHash, (winners.get(idHash) ?? 0) + 1);
          else expect(outcome).toBe('already_consumed');
        }
      }
      expect([...winners.values()]).toEqual(Array.from({ length: 3 * 26 }, () => 1));
    });
  });
}

interface Contender {
  /** The store is open. */
  readonly ready: Promise<void>;
  go(): void;
  /** What each use of the work came to, in its order. */
  readonly outcomes: Promise<readonly string[]>;
}

function contender(location: StoreLocation, work: readonly object[]): Contender {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(
    process.execPath,
    [join(import.meta.dirname, 'contender.ts'), JSON.stringify(location), JSON.stringify(work)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout });
  const next = lines[Symbol.asyncIterator]();
  const exited = once(child, 'exit');
  const ready = next.next().then(({ value }) => {
    if (value !== 'ready') throw new Error('the contending process could not open the store');
  });
  const outcomes = ready.then(async () => {
    const { value } = await next.next();
    expect((await exited)[0]).toBe(0);
    return JSON.parse(String(value)) as readonly string[];
  });
  // A failure is reported where the promise is awaited, which for this one may be after the other failed.
  outcomes.catch(() => {});
  return { ready, go: () => child.stdin.write('go'), outcomes };
}
