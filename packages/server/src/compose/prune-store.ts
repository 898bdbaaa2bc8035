import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Audit } from '../audit/index.ts';
import type { Clock } from '../core/index.ts';
import type { Log } from '../gateway/index.ts';
import type { Store } from '../store/index.ts';

const activityKeptMs = 30 * 24 * 3_600_000;
const revocationsKeptMs = 24 * 3_600_000;
/** How long a client that registered itself may wait for somebody to use it, or to use it again. */
const unusedClientsKeptMs = 7 * 24 * 3_600_000;

/** What the store is kept small with. */
export interface StorePruning {
  readonly store: Store;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'problem'>;
}

/** Removes what has expired. A store that fails is tried again the next time, and the operator is told. */
export async function pruneStore({ store, audit, clock, log }: StorePruning): Promise<void> {
  try {
    await store.artifacts.prune(clock.now());
    await store.attempts.prune(clock.now());
    await store.activity.prune(clock.now() - activityKeptMs);
    // A gateway that had not read on for a minute has ended its sessions.
    await store.revocations.prune(clock.now() - revocationsKeptMs);
    await removeUnusedClients({ store, audit, clock });
  } catch (thrown) {
    log.problem('expired records could not be removed', thrown);
  }
}

/** Nobody let them in, so nothing ends with them: their removal is recorded, and need not be before. */
async function removeUnusedClients({
  store,
  audit,
  clock,
}: Pick<StorePruning, 'store' | 'audit' | 'clock'>): Promise<void> {
  for (;;) {
    const now = clock.now();
    const removed = await store.clients.removeUnused(now - unusedClientsKeptMs, now);
    if (removed.length === 0) return;
    for (const { id, createdAt } of removed)
      audit.record({
        type: 'admin',
        action: 'client_removed',
        target: id,
        by: 'grantway',
        detail: `it registered itself at ${new Date(createdAt).toISOString()}, and nobody uses it`,
      });
    // SQLite answers within the turn.
    await nextTurn();
  }
}
