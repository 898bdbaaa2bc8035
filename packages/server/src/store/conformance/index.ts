/**
 * conformance: what every body of the store must do, as a test suite that takes a way to make an empty place.
 *
 * Owns: the promises of `store.ts` as tests, the race of two processes among them. Runs under vitest only.
 * Does not own: how a server for a body is started, which the body's own test does.
 *
 *   storeConformance ─▶ one open store ─▶ a file of tests for each aggregate
 *                    └▶ two-processes ─▶ contender.ts, twice
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreLocation } from '../../config/index.ts';
import { openStore } from '../open-store.ts';
import type { Store } from '../store.ts';
import { applicationsConformance } from './applications.ts';
import { artifactsConformance } from './artifacts.ts';
import { auditCheckpointsConformance } from './audit-checkpoints.ts';
import { clientsConformance } from './clients.ts';
import type { ConformanceContext } from './conformance-context.ts';
import { factorsConformance } from './factors.ts';
import { liveSessionsConformance } from './live-sessions.ts';
import { locksConformance } from './locks.ts';
import { peopleConformance } from './people.ts';
import { provisioningConformance } from './provisioning.ts';
import { pruningConformance } from './pruning.ts';
import { revocationsConformance } from './revocations.ts';
import { sealedRecordsConformance } from './sealed-records.ts';
import { SettableClock } from './settable-clock.ts';
import { throttlingConformance } from './throttling.ts';
import { twoProcessesConformance } from './two-processes.ts';

/** Runs the suite. `newLocation` makes an empty place for a store each time it is called. */
export function storeConformance(body: string, newLocation: () => Promise<StoreLocation>): void {
  describe(`the store in ${body}`, () => {
    const clock = new SettableClock();
    let store: Store | undefined;
    const context: ConformanceContext = {
      clock,
      store: () => {
        if (store === undefined) throw new Error('the store is not open yet');
        return store;
      },
    };
    beforeAll(async () => {
      store = await openStore(await newLocation(), clock);
    });
    afterAll(async () => {
      await store?.close();
    });

    test('answers a ping', async () => {
      await expect(context.store().ping()).resolves.toBeUndefined();
    });
    artifactsConformance(context);
    peopleConformance(context);
    clientsConformance(context);
    applicationsConformance(context);
    factorsConformance(context);
    provisioningConformance(context);
    throttlingConformance(context);
    sealedRecordsConformance(context);
    liveSessionsConformance(context);
    revocationsConformance(context);
    auditCheckpointsConformance(context);
    locksConformance(context);
    pruningConformance(context);
    twoProcessesConformance(newLocation);

    test('keeps what it holds when it is closed and opened again, and then has nothing to migrate', async () => {
      const location = await newLocation();
      const first = await openStore(location, clock);
      await first.people.put({ id: 'local:a', displayName: 'A', groups: [], claims: {} }, 1);
      await first.close();
      const second = await openStore(location, clock);
      expect((await second.people.get('local:a'))?.displayName).toBe('A');
      await second.close();
    });

    test('refuses everything once it is closed', async () => {
      const closed = await openStore(await newLocation(), clock);
      await closed.close();
      await expect(closed.ping()).rejects.toThrow();
      await expect(closed.artifacts.find('AccessToken', 'x')).rejects.toThrow();
    });
  });
}
