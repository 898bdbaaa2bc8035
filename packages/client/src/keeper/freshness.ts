import type { KeptConsent } from './kept-consent.ts';

const longestMarginMs = 15 * 60_000;
const marginShare = 0.2;

/**
 * How long before its end a token is renewed, in milliseconds: a fifth of its life, at most fifteen minutes. `share`
 * (0 to 1, by chance once for a process) takes up to half of that away, so that processes do not all come together.
 */
export function marginMs(
  { issuedAt, expiresAt }: Pick<KeptConsent, 'issuedAt' | 'expiresAt'>,
  share: number,
): number {
  const margin = Math.min(longestMarginMs, marginShare * Math.max(0, expiresAt - issuedAt));
  return margin * (1 - share / 2);
}

/** Whether a token's life is over. */
export function isExpired(tokens: { readonly expiresAt: number }, now: number = Date.now()): boolean {
  return tokens.expiresAt <= now;
}
