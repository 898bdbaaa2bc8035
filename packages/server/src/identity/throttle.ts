import { type Clock, network } from '../core/index.ts';
import type { Store } from '../store/index.ts';

const minute = 60_000;

/** The limits, in one place. Documented for operators; ASVS 6.1.1, 6.3.1. */
export const throttleLimits = {
  /** A window starts with its first failure and ends this much later. */
  windowMs: 15 * minute,
  /** Failures for one person, from all strange addresses together, and again from each familiar address. */
  perPerson: 5,
  /** Failures from one address (one /64 for IPv6), whoever they were for. */
  perAddress: 30,
  /** How long an address stays familiar after a success. */
  familiarMs: 30 * 24 * 60 * minute,
} as const;

/**
 * Slows guessing down. The counters are in the store: a restart, another process or another spelling gives no new tries.
 *
 * Failures are counted three ways, so that nobody can lock a person out for long from elsewhere:
 *
 * - per person, for all addresses where that person has not signed in for 30 days. Five wrong passwords close the
 *   sign-in at *strange* addresses for the rest of the window.
 * - per person and familiar address, each with a count of its own: the person at the usual desk is not locked out by
 *   a stranger, only by mistakes made from that address.
 * - per address: whoever tries to lock out many people from one place is stopped after 30 failures.
 */
export interface Throttle {
  /** Reserves one try before any hash is computed, so that parallel guesses cannot pass the count together. */
  admit(username: string, remoteAddress: string): Promise<Admission>;
}

/** Whether an attempt may go on. */
export type Admission =
  | { readonly outcome: 'admitted'; settle(result: 'proven' | 'failed'): Promise<void> }
  | { readonly outcome: 'throttled'; readonly retryAfterMs: number };

/** `username` is expected folded. */
export function throttle(method: string, attempts: Store['attempts'], clock: Clock): Throttle {
  async function admit(username: string, remoteAddress: string): Promise<Admission> {
    const from = network(remoteAddress);
    const address = key('address', from);
    const person = key('person', method, username);
    const here = key('person', method, username, from);
    const familiar = key('familiar', method, username, from);
    const { windowMs, perPerson, perAddress, familiarMs } = throttleLimits;
    const now = clock.now();

    const fromAddress = await attempts.peek(address, now);
    if (fromAddress.count >= perAddress)
      return { outcome: 'throttled', retryAfterMs: fromAddress.endsAt - now };

    const isFamiliar = (await attempts.peek(familiar, now)).count > 0;
    const counted = isFamiliar ? here : person;
    const reserved = await attempts.add(counted, windowMs, now);
    if (reserved.count > perPerson) return { outcome: 'throttled', retryAfterMs: reserved.endsAt - now };

    return {
      outcome: 'admitted',
      settle: async (result) => {
        if (result === 'failed') {
          await attempts.add(address, windowMs, clock.now());
          return;
        }
        // The address keeps its count: otherwise anybody with an account of their own could wipe it between guesses.
        await attempts.clear(counted);
        if (isFamiliar) await attempts.clear(familiar);
        await attempts.add(familiar, familiarMs, clock.now());
      },
    };
  }

  return { admit };
}

/** Quoted, so that no user name can spell the key of another counter. The store keeps keys as hashes. */
function key(...parts: readonly string[]): string {
  return JSON.stringify(['sign-in', ...parts]);
}
