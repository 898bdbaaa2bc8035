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
export async function inTurn<Result>(
  { locks, clock }: { readonly locks: Locks; readonly clock: Clock },
  name: string,
  work: () => Promise<Result>,
): Promise<{ readonly outcome: 'done'; readonly result: Result } | { readonly outcome: 'busy' }> {
  const [owner, giveUpAt] = [newUuid(), clock.monotonic() + leaseMs];
  for (;;) {
    const now = clock.now();
    if (await locks.acquire(name, owner, now + leaseMs, now)) break;
    if (clock.monotonic() > giveUpAt) return { outcome: 'busy' };
    await sleep(pollMs);
  }
  try {
    return { outcome: 'done', result: await work() };
  } finally {
    await locks.release(name, owner);
  }
}
