import type { Audit } from '../../audit/index.ts';
import { type Clock, type ProvenSignIn, principalId } from '../../core/index.ts';
import { type SignInFailure, type SignInOutcome, signInStands } from '../../identity/index.ts';
import type { Person, Store } from '../../store/index.ts';

/** Where a sign-in came from, and what it is recorded with. */
export interface SignInParts {
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly audit: Pick<Audit, 'recordDurably'>;
  readonly people: Store['people'];
  readonly clock: Clock;
}

/**
 * Every sign-in, by whatever method: `prove` checks what somebody showed. Who was switched off here stays out, whatever
 * a provider says; and so does who showed it before their sign-ins were ended, with the old password for instance,
 * however long the check took. The record is on stable storage before the caller lets anything take effect, for failures
 * too; then the store learns what the method said of the person.
 * @throws Refusal `audit_unavailable`; whatever the store or `prove` throws (fail closed)
 */
export async function concludeSignIn<Outcome extends SignInOutcome>(
  method: string,
  prove: () => Promise<Outcome>,
  { requestId, remoteAddress, audit, people, clock }: SignInParts,
): Promise<(Outcome | SignInFailure) & Pick<ProvenSignIn, 'mark'>> {
  const mark = await people.signInMark();
  const verified = await prove();
  const id = verified.outcome === 'proven' ? principalId(verified.principal) : undefined;
  const before = id === undefined ? undefined : await people.get(id);
  const outcome = asItCounts(verified, before, mark);
  // A passkey says only now whose it is, and with that of which method.
  const proving = verified.outcome === 'proven' ? verified.principal.method : method;
  await audit.recordDurably({
    type: 'sign_in',
    method: proving,
    remoteAddress,
    request: requestId,
    ...recorded(proving, outcome),
  });
  if (outcome.outcome !== 'proven' || id === undefined) return { ...outcome, mark };
  const { displayName, groups, claims } = outcome.principal;
  await people.seen({ id, displayName, groups, claims }, clock.now());
  if (before !== undefined) return { ...outcome, mark };
  // Added by this very sign-in, so it does not count as one from before they were.
  const added = await people.get(id);
  return { ...outcome, mark: Math.max(mark, added?.signInEpoch ?? mark) };
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

function asItCounts<Outcome extends SignInOutcome>(
  verified: Outcome,
  person: Person | undefined,
  mark: number,
): Outcome | SignInFailure {
  if (verified.outcome !== 'proven' || person === undefined) return verified;
  const { subject } = verified.principal;
  if (person.disabled) return { outcome: 'failed', reason: 'disabled', subject };
  return signInStands(person, mark) ? verified : { outcome: 'failed', reason: 'superseded', subject };
}
