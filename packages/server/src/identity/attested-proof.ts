import type { FactorWords } from '../config/index.ts';
import type { SignInProof, SignInWish } from '../core/index.ts';
import type { ProvenClaims } from './principal-from-claims.ts';

/** Clocks may differ by this much. */
const skewMs = 60_000;

/** What a provider said of a sign-in, as it came: nothing of it is known to have a shape. */
export interface SignInWords {
  /** `amr`: the methods of the person (RFC 8176). */
  readonly methods?: unknown;
  /** `acr`, or SAML's AuthnContextClassRef: what the provider calls this kind of sign-in. Several must all count. */
  readonly contexts: readonly unknown[];
  /** `auth_time`, or SAML's AuthnInstant, in wall-clock milliseconds. */
  readonly at?: number | undefined;
}

/** The words of a signed token (OpenID Connect Core, section 2). */
export function signInWords({ amr, acr, auth_time: time }: ProvenClaims): SignInWords {
  const at = Number.isSafeInteger(time) ? Number(time) * 1000 : undefined;
  return { methods: amr, contexts: acr === undefined ? [] : [acr], at };
}

/**
 * What a sign-in at a provider proved. It counts as more than one factor only by words that the config names: each provider
 * means something else by them, and one that may not be trusted with it is simply not listed.
 *
 * A session that a person has there can be days old, so the time is the one that the provider says. One that says none is
 * taken at its word where it was told to ask anew, and otherwise the time is as long ago as can be.
 */
export function attestedProof(
  { methods, contexts, at }: SignInWords,
  counts: FactorWords | undefined,
  { anew, withinMs }: SignInWish,
  now: number,
): SignInProof {
  const isKnown = at !== undefined && at > 0 && at <= now + skewMs;
  const askedAnew = anew || withinMs !== undefined;
  const time = isKnown ? Math.min(at, now) : askedAnew && at === undefined ? now : 0;
  return { methods: provesMore(methods, contexts, counts) ? ['fed', 'mfa'] : ['fed'], at: time };
}

/** Whether the person took part as lately as was wished: a provider may ignore what it is asked for. */
export function isLateEnough({ at }: SignInProof, { withinMs }: SignInWish, now: number): boolean {
  return withinMs === undefined || at + withinMs + skewMs >= now;
}

function provesMore(
  methods: unknown,
  contexts: readonly unknown[],
  counts: FactorWords | undefined,
): boolean {
  if (counts === undefined) return false;
  const among = (words: readonly string[]) => (word: unknown) =>
    typeof word === 'string' && words.includes(word);
  const byMethod = Array.isArray(methods) && methods.some(among(counts.methods));
  return byMethod || (contexts.length > 0 && contexts.every(among(counts.contexts)));
}
