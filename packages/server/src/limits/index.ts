/**
 * limits: how often one party may ask over HTTP.
 *
 * Owns: the count by address, client and person, shared by all gateways, and the headers that tell it. Does not own:
 * who is counted and when (oauth, http), how guessing is slowed down (identity's throttle, oauth's secret limit).
 *
 *   request ─▶ slice in memory ── empty ──▶ store.attempts, for the next slice
 */
export { rateLimitHeaders } from './rate-limit-headers.ts';
export type { Allowance, Party, RateLimits } from './rate-limits.ts';
export { rateLimits, refuseExceeded } from './rate-limits.ts';
