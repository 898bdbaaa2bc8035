import type { Clock } from '../core/index.ts';
import type { Log } from '../gateway/index.ts';
import type { Store } from '../store/index.ts';

const activityKeptMs = 30 * 24 * 3_600_000;
const revocationsKeptMs = 24 * 3_600_000;

/** Removes what has expired. A store that fails is tried again the next time, and the operator is told. */
export async function pruneStore(store: Store, clock: Clock, log: Log): Promise<void> {
  try {
    await store.artifacts.prune(clock.now());
    await store.attempts.prune(clock.now());
    await store.activity.prune(clock.now() - activityKeptMs);
    // A gateway that had not read on for a minute has ended its sessions.
    await store.revocations.prune(clock.now() - revocationsKeptMs);
  } catch (thrown) {
    log.problem('expired records could not be removed', thrown);
  }
}
