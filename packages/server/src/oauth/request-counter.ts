import Provider, { errors } from 'oidc-provider';
import { Refusal } from '../core/index.ts';
import { type Party, type RateLimits, rateLimitHeaders, refuseExceeded } from '../limits/index.ts';

/**
 * Counts the request in hand for a client or person that it has proved to come from. Whoever only names one is
 * counted by address alone: otherwise a stranger could use up what is theirs.
 * @throws the library's error with status 429, with `Retry-After` set
 */
export type RequestCounter = (party: Exclude<Party, 'address'>, who: string) => Promise<void>;

/** The headers join those of the address, which the HTTP door has set. */
export function requestCounter(limits: RateLimits): RequestCounter {
  const counted = new WeakMap<object, Set<string>>();
  return async (party, who) => {
    const ctx = Provider.ctx;
    // The library may ask about one person several times in a request.
    const seen = ctx === undefined ? undefined : (counted.get(ctx) ?? new Set());
    if (seen?.has(party)) return;
    if (ctx !== undefined && seen !== undefined) counted.set(ctx, seen.add(party));
    const allowance = await limits.count(party, who);
    if (allowance === undefined) return;
    for (const [name, value] of Object.entries(rateLimitHeaders([allowance]))) ctx?.append(name, value);
    try {
      refuseExceeded([allowance]);
    } catch (thrown) {
      throw thrown instanceof Refusal ? asOAuthError(thrown) : thrown;
    }
  };
}

/** A refusal as the library answers it in JSON, or on the page for errors. */
export function asOAuthError({ native, message }: Refusal): errors.OIDCProviderError {
  const error = new errors.OIDCProviderError(native.http, native.oauth);
  error.error_description = message;
  return error;
}
