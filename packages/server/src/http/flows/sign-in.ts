import type { Audit } from '../../audit/audit.ts';
import { type Clock, type Principal, principalId } from '../../core/index.ts';
import type { PasswordAttempt, PasswordMethod, SignInOutcome } from '../../identity/index.ts';
import type { Store } from '../../store/store.ts';

export interface PasswordSignIn {
  readonly method: PasswordMethod;
  readonly attempt: PasswordAttempt;
  readonly requestId: string;
  readonly audit: Audit;
  readonly people: Store['people'];
  readonly clock: Clock;
}

/** What the page may know: why it failed is for the audit alone. */
export type SignInResult =
  | { readonly outcome: 'proven'; readonly principal: Principal }
  /** Nothing may start before the person has chosen a password: see {@link changePassword}. */
  | { readonly outcome: 'first_secret'; readonly principal: Principal; readonly version: string }
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'throttled'; readonly retryAfterMs: number };

/**
 * Signs somebody in with a password, up to the point where the browser session starts. The record is on stable
 * storage before the caller lets anything take effect, for failures too.
 * @throws Refusal `audit_unavailable`, `too_many_connections`; whatever the store throws (fail closed)
 */
export async function signInWithPassword(signIn: PasswordSignIn): Promise<SignInResult> {
  const { method, attempt, requestId, audit, people, clock } = signIn;
  const outcome = await method.verify(attempt);
  await audit.recordDurably({
    type: 'sign_in',
    method: method.name,
    remoteAddress: attempt.remoteAddress,
    request: requestId,
    ...recorded(method.name, outcome),
  });
  if (outcome.outcome === 'throttled' || outcome.outcome === 'first_secret') return outcome;
  if (outcome.outcome === 'failed') return { outcome: 'failed' };
  const { principal } = outcome;
  const { displayName, groups, claims } = principal;
  await people.seen({ id: principalId(principal), displayName, groups, claims }, clock.now());
  return { outcome: 'proven', principal };
}

function recorded(method: string, outcome: SignInOutcome) {
  switch (outcome.outcome) {
    case 'proven':
      return { outcome: 'succeeded', person: principalId(outcome.principal) } as const;
    case 'first_secret':
      return {
        outcome: 'succeeded',
        reason: 'first_secret',
        person: principalId(outcome.principal),
      } as const;
    case 'failed':
      return {
        outcome: 'failed',
        reason: outcome.reason,
        ...(outcome.subject !== undefined && { person: principalId({ method, subject: outcome.subject }) }),
      } as const;
    case 'throttled':
      return { outcome: 'throttled' } as const;
  }
}
