import type { Config, Rate } from '../config/index.ts';
import { type Clock, Refusal } from '../core/index.ts';
import type { Store } from '../store/index.ts';

/** Whose requests are counted together. */
export type Party = keyof Config['limits'];

/** Where a party stands after a request was counted. */
export interface Allowance {
  readonly outcome: 'admitted' | 'exceeded';
  readonly party: Party;
  readonly rate: Rate;
  /** Requests left in this window, as far as this gateway knows. */
  readonly remaining: number;
  /** Until the window ends, in milliseconds. */
  readonly resetMs: number;
}

/** Counts requests against the configured rates. */
export interface RateLimits {
  /** Counts one request of `who`; undefined when this party has no limit. Rejects when the store does not answer. */
  count(party: Party, who: string): Promise<Allowance | undefined>;
}

/** Requests that this gateway may still let through before it asks the store again. */
interface Slice {
  left: number;
  /** What the store had given out in all, to every gateway, when it gave this slice. */
  readonly givenOut: number;
  readonly endsAt: number;
}

/** A gateway takes this part of a rate at once, so that it writes to the store for one request in many. */
const slicesInRate = 50;
/** Parties of which a gateway remembers its slice; beyond, the oldest are forgotten with what was left of theirs. */
const mostSlices = 20_000;

/**
 * The counters are in the store; a gateway takes from them in slices. So never more than the rate goes through all
 * gateways together, while a slice that a gateway did not use up is lost to the others for the rest of the window.
 */
export function rateLimits(
  config: () => Pick<Config, 'limits'>,
  attempts: Store['attempts'],
  clock: Clock,
): RateLimits {
  const slices = new Map<string, Slice>();
  const asking = new Map<string, Promise<Slice>>();

  async function nextSlice(key: string, { requests, windowMs }: Rate): Promise<Slice> {
    const wanted = Math.ceil(requests / slicesInRate);
    const { count, endsAt } = await attempts.add(key, windowMs, clock.now(), wanted);
    const slice = { left: Math.max(0, wanted - Math.max(0, count - requests)), givenOut: count, endsAt };
    slices.delete(key);
    const [oldest] = slices.size >= mostSlices ? slices.keys() : [];
    if (oldest !== undefined) slices.delete(oldest);
    slices.set(key, slice);
    return slice;
  }

  /** Parallel requests wait for one slice together, or each would take one for itself. */
  function askOnce(key: string, rate: Rate): Promise<Slice> {
    const asked = asking.get(key);
    if (asked !== undefined) return asked;
    const slice = nextSlice(key, rate).finally(() => asking.delete(key));
    asking.set(key, slice);
    return slice;
  }

  async function take(key: string, party: Party, rate: Rate): Promise<Allowance> {
    for (let held = slices.get(key); ; held = await askOnce(key, rate)) {
      if (held === undefined || held.endsAt <= clock.now()) continue;
      const inStore = Math.max(0, rate.requests - held.givenOut);
      if (held.left === 0 && inStore > 0) continue;
      const outcome = held.left > 0 ? 'admitted' : 'exceeded';
      held.left = Math.max(0, held.left - 1);
      return { outcome, party, rate, remaining: held.left + inStore, resetMs: held.endsAt - clock.now() };
    }
  }

  return {
    async count(party, who) {
      const rate = config().limits[party];
      if (rate === undefined) return undefined;
      // The rate is part of the key: a reload that changes it starts over.
      return take(JSON.stringify(['rate', party, rate.requests, rate.windowMs, who]), party, rate);
    },
  };
}

/** @throws Refusal `rate_limited` when one of the limits is exceeded */
export function refuseExceeded(allowances: readonly Allowance[]): void {
  const worst = allowances
    .filter(({ outcome }) => outcome === 'exceeded')
    .reduce((most, { resetMs }) => Math.max(most, resetMs), -1);
  if (worst >= 0) throw new Refusal('rate_limited', { seconds: Math.ceil(worst / 1000) });
}
