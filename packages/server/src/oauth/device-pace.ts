import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { deviceCodeSeconds } from './lifetimes.ts';

/** What a client keeps to that was named no interval (RFC 8628, section 3.2), and what each `slow_down` adds (3.5). */
const stepMs = 5_000;
/** No client is asked to wait longer, however often it came too early. */
const longestMs = 60_000;
/** Timers fire early and the network does not take the same time twice: so much sooner is not too soon. */
const graceMs = 1_000;

/**
 * A step around the token endpoint: a device that asks again before its interval is over is told to slow down in place of
 * "not yet" (RFC 8628, section 3.5), and its interval grows. Only that answer is held back: what the person decided is
 * told at once. The store counts, so two gateways keep one interval; the counters end with the code.
 */
export function devicePace(
  attempts: Store['attempts'],
  clock: Clock,
): (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => Promise<void> {
  return async (ctx, next) => {
    await next();
    const code = ctx.oidc?.route === 'token' ? ctx.oidc.params?.device_code : undefined;
    if (typeof code !== 'string' || !isPending(ctx.body)) return;
    const asked = `device-asked:${code}`;
    const slowed = `device-slowed:${code}`;
    const now = clock.now();
    const intervalAfter = (times: number) => Math.min(stepMs * (1 + times), longestMs);
    const before = intervalAfter((await attempts.peek(slowed, now)).count);
    if ((await attempts.add(asked, before - graceMs, now)).count === 1) return;

    const interval = intervalAfter((await attempts.add(slowed, deviceCodeSeconds * 1000, now)).count);
    // It counts from the last question, and that was this one.
    await attempts.clear(asked);
    await attempts.add(asked, interval - graceMs, now);
    ctx.body = {
      error: 'slow_down',
      error_description: `The person has not decided yet. Ask every ${interval / 1000} seconds and no sooner.`,
    };
  };
}

function isPending(body: unknown): boolean {
  return (
    typeof body === 'object' && body !== null && 'error' in body && body.error === 'authorization_pending'
  );
}
