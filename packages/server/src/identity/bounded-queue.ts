import { Refusal } from '../core/index.ts';

/** Runs tasks a few at a time, and refuses what it cannot hold. */
export interface BoundedQueue {
  /** @throws Refusal `too_many_connections` when as many wait as may. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/**
 * At most `running` tasks at once and `waiting` behind them, first come, first served. Password hashing takes 19 MiB
 * and a thread of the pool that also serves the audit's disk writes; without a bound 200 sign-ins at once would take
 * them all.
 */
export function boundedQueue(limits: { readonly running: number; readonly waiting: number }): BoundedQueue {
  let free = limits.running;
  const line: (() => void)[] = [];

  async function run<T>(task: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1;
    else {
      if (line.length >= limits.waiting) throw new Refusal('too_many_connections');
      await new Promise<void>((resolve) => line.push(resolve));
    }
    try {
      return await task();
    } finally {
      const next = line.shift();
      if (next) next();
      else free += 1;
    }
  }

  return { run };
}
