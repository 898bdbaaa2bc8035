import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, newUuid } from '../core/index.ts';
import type { Locks } from './aggregates/locks.ts';

/** How long one piece of work may take; a process that died in the middle holds others up for no longer. */
const leaseMs = 30_000;
const pollMs = 50;

/**
 * Does `work` while nobody else on this store does work of the same name. `busy`: somebody else was at it all the time
 * that a piece of work may take.
 */
export async function inTurn(
  { locks, clock }: { readonly locks: Locks; readonly clock: Clock },
  name: string,
  work: () => Promise<void>,
): Promise<'done' | 'busy'> {
  const [owner, giveUpAt] = [newUuid(), clock.monotonic() + leaseMs];
  for (;;) {
    const now = clock.now();
    if (await locks.acquire(name, owner, now + leaseMs, now)) break;
    if (clock.monotonic() > giveUpAt) return 'busy';
    await sleep(pollMs);
  }
  try {
    await work();
    return 'done';
  } finally {
    await locks.release(name, owner);
  }
}
