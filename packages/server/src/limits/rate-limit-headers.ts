import type { Allowance } from './rate-limits.ts';

/**
 * What an answer says of the limits that it was counted against (draft-ietf-httpapi-ratelimit-headers-10): the
 * policies with quota `q` and window `w`, and for each the requests left `r` and the seconds until it starts over `t`.
 * With a limit exceeded, `Retry-After` too (RFC 9110, section 10.2.3).
 */
export function rateLimitHeaders(allowances: readonly Allowance[]): Readonly<Record<string, string>> {
  if (allowances.length === 0) return {};
  const exceeded = allowances.filter(({ outcome }) => outcome === 'exceeded');
  return {
    'ratelimit-policy': allowances
      .map(({ party, rate }) => `"${party}";q=${rate.requests};w=${seconds(rate.windowMs)}`)
      .join(', '),
    ratelimit: allowances
      .map(({ party, remaining, resetMs }) => `"${party}";r=${remaining};t=${seconds(resetMs)}`)
      .join(', '),
    ...(exceeded.length > 0 && {
      'retry-after': String(Math.max(...exceeded.map(({ resetMs }) => seconds(resetMs)))),
    }),
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
