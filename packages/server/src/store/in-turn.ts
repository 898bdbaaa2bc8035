import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, newUuid } from '../core/index.ts';
import type { Locks } from './aggregates/locks.ts';

/** How long one waits for its turn, and how long a process that died in the middle holds others up. */
const leaseMs = 30_000;
const pollMs = 50;

/**
 * Does `work` while nobody else on this store does work of the same name, however long it takes: whoever asks a slow
 * provider with a refresh token must not have it used by somebody else meanwhile. `busy`: somebody else was at it for
 * half a minute.
 */
export async function inTurn<Result>(
  { locks, clock }: { readonly locks: Locks; readonly clock: Clock },
  name: string,
  work: () => Promise<Result>,
): Promise<{ readonly outcome: 'done'; readonly result: Result } | { readonly outcome: 'busy' }> {
  const [owner, giveUpAt] = [newUuid(), clock.monotonic() + leaseMs];
  const acquire = async () => await locks.acquire(name, owner, clock.now() + leaseMs, clock.now());
  while (!(await acquire())) {
    if (clock.monotonic() > giveUpAt) return { outcome: 'busy' };
    await sleep(pollMs);
  }
  const prolonging = prolong(acquire);
  try {
    return { outcome: 'done', result: await work() };
  } finally {
    await prolonging.end();
    await locks.release(name, owner);
  }
}

/** Takes a lease anew long before its end. One that cannot be, since the store does not answer, is tried again. */
function prolong(acquire: () => Promise<boolean>): { end(): Promise<void> } {
  let latest: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    latest = acquire().catch(() => {});
  }, leaseMs / 3);
  timer.unref();
  return {
    end: async () => {
      clearInterval(timer);
      // One that comes to the store behind the release would hold others up for a lease.
      await latest;
    },
  };
}
