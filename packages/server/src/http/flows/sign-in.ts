import type { Principal } from '../../core/index.ts';
import type { PasswordAttempt, PasswordMethod } from '../../identity/index.ts';
import { concludeSignIn, type SignInParts } from './conclude-sign-in.ts';

export interface PasswordSignIn extends Omit<SignInParts, 'remoteAddress'> {
  readonly method: PasswordMethod;
  readonly attempt: PasswordAttempt;
}

/** What the page may know: why it failed is for the audit alone. */
export type SignInResult =
  | { readonly outcome: 'proven'; readonly principal: Principal }
  /** Nothing may start before the person has chosen a password: see {@link changePassword}. */
  | { readonly outcome: 'first_secret'; readonly principal: Principal; readonly version: string }
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'throttled'; readonly retryAfterMs: number };

/**
 * Signs somebody in with a password, up to the point where the browser session starts.
 * @throws Refusal `audit_unavailable`, `too_many_connections`; whatever the store throws (fail closed)
 */
export async function signInWithPassword({
  method,
  attempt,
  ...parts
}: PasswordSignIn): Promise<SignInResult> {
  const verified = await method.verify(attempt);
  const outcome = await concludeSignIn(method.name, verified, {
    ...parts,
    remoteAddress: attempt.remoteAddress,
  });
  return outcome.outcome === 'failed' ? { outcome: 'failed' } : outcome;
}
