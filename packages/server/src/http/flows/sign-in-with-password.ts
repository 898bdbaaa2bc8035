import type { Principal, ProvenSignIn } from '../../core/index.ts';
import type { PasswordAttempt, PasswordMethod, ProviderFailure } from '../../identity/index.ts';
import { concludeSignIn, type SignInParts } from './conclude-sign-in.ts';

/** A user name and a password that a page took, and the method that they are for. */
export interface PasswordSignIn extends Omit<SignInParts, 'remoteAddress'> {
  readonly method: PasswordMethod;
  readonly attempt: PasswordAttempt;
}

/** What the page may know: why it failed is for the audit alone, unless the reason says nothing about anybody. */
export type SignInResult =
  | ({ readonly outcome: 'proven' } & Pick<ProvenSignIn, 'principal' | 'mark'>)
  /** Nothing may start before the person has chosen a password: see {@link changePassword}. */
  | { readonly outcome: 'first_secret'; readonly principal: Principal; readonly version: string }
  | { readonly outcome: 'failed'; readonly because?: ProviderFailure; readonly detail?: string }
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
  const outcome = await concludeSignIn(method.name, () => method.verify(attempt), {
    ...parts,
    remoteAddress: attempt.remoteAddress,
  });
  if (outcome.outcome !== 'failed') return outcome;
  const { reason, detail } = outcome;
  if (reason !== 'unavailable' && reason !== 'claims_unusable') return { outcome: 'failed' };
  return { outcome: 'failed', because: reason, ...(detail !== undefined && { detail }) };
}
