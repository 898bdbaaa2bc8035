import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../core/index.ts';
import type { BoundedQueue } from './bounded-queue.ts';
import type { SignInFailure, Throttled } from './sign-in-method.ts';
import type { Throttle } from './throttle.ts';

interface Guards {
  readonly throttled: Throttle;
  readonly queue: BoundedQueue;
  /** A failure is answered this long after the look at the password began, or later. Once known it stays. */
  readonly failureMs: number | Promise<number>;
  readonly clock: Clock;
}

/** Tries one password; the user name is folded. @throws Refusal `too_many_connections`, and whatever `check` throws */
export type GuardedAttempt = <Proven extends { readonly outcome: 'proven' }>(
  username: string,
  remoteAddress: string,
  check: () => Promise<Proven | SignInFailure>,
) => Promise<Proven | SignInFailure | Throttled>;

/**
 * What every password that somebody types goes through, whoever keeps it: a few at once, counted before anything is
 * looked at, and with failures that all take as long, so that their time does not say whether there is such a person.
 */
export function guardedAttempts({ throttled, queue, failureMs, clock }: Guards): GuardedAttempt {
  return async (username, remoteAddress, check) => {
    const { outcome, startedAt } = await queue.run(async () => {
      const admission = await throttled.admit(username, remoteAddress);
      if (admission.outcome === 'throttled') return { outcome: admission, startedAt: undefined };
      const startedAt = clock.monotonic();
      const outcome = await check();
      if (outcome.outcome === 'proven') await admission.settle('proven');
      // Who could not tell has not said that the password was wrong; the try stays taken all the same.
      else if (outcome.reason !== 'unavailable') await admission.settle('failed');
      return { outcome, startedAt };
    });
    // Not within the queue: a few who guess would hold all of its places.
    if (outcome.outcome === 'failed' && startedAt !== undefined)
      await sleep(Math.max(0, startedAt + (await failureMs) - clock.monotonic()));
    return outcome;
  };
}
