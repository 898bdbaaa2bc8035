import type { Audit } from '../../audit/index.ts';
import { type Clock, principalId } from '../../core/index.ts';
import type { SignInFailure, SignInOutcome } from '../../identity/index.ts';
import type { Store } from '../../store/index.ts';

/** Where a sign-in came from, and what it is recorded with. */
export interface SignInParts {
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly audit: Audit;
  readonly people: Store['people'];
  readonly clock: Clock;
}

/**
 * The end of every sign-in, by whatever method. Who was switched off here stays out, whatever a provider says. The
 * record is on stable storage before the caller lets anything take effect, for failures too; then the store learns what
 * the method said of the person.
 * @throws Refusal `audit_unavailable`; whatever the store throws (fail closed)
 */
export async function concludeSignIn<Outcome extends SignInOutcome>(
  method: string,
  verified: Outcome,
  { requestId, remoteAddress, audit, people, clock }: SignInParts,
): Promise<Outcome | SignInFailure> {
  const outcome = await unlessDisabled(verified, people);
  await audit.recordDurably({
    type: 'sign_in',
    method,
    remoteAddress,
    request: requestId,
    ...recorded(method, outcome),
  });
  if (outcome.outcome === 'proven') {
    const { displayName, groups, claims } = outcome.principal;
    await people.seen({ id: principalId(outcome.principal), displayName, groups, claims }, clock.now());
  }
  return outcome;
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

async function unlessDisabled<Outcome extends SignInOutcome>(
  outcome: Outcome,
  people: Store['people'],
): Promise<Outcome | SignInFailure> {
  if (outcome.outcome !== 'proven') return outcome;
  const person = await people.get(principalId(outcome.principal));
  if (person?.disabled !== true) return outcome;
  return { outcome: 'failed', reason: 'disabled', subject: outcome.principal.subject };
}
