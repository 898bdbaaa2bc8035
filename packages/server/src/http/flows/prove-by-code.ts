import type { Audit } from '../../audit/index.ts';
import { type Secret, type SignInProof, withFactor } from '../../core/index.ts';
import type { SecondFactors } from '../../identity/index.ts';
import type { FirstStep } from '../pending-factors.ts';

interface TypedCode {
  readonly factors: SecondFactors;
  readonly audit: Audit;
  readonly step: FirstStep;
  readonly code: Secret;
  readonly remoteAddress: string;
  readonly requestId: string;
}

/** What the page may know. */
export type FactorResult =
  | { readonly outcome: 'proven'; readonly proof: SignInProof }
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'throttled'; readonly retryAfterMs: number };

/**
 * The second step of a sign-in, with a typed code. The record is on stable storage before anything takes effect.
 * @throws Refusal `audit_unavailable`; whatever the store throws (fail closed)
 */
export async function proveByCode({
  factors,
  audit,
  step,
  code,
  remoteAddress,
  requestId,
}: TypedCode): Promise<FactorResult> {
  const result = await factors.checkCode(step.person, code, remoteAddress);
  await audit.recordDurably({
    type: 'second_factor',
    action: result.outcome,
    ...(result.outcome === 'proven' && { factor: result.kind }),
    person: step.person,
    remoteAddress,
    request: requestId,
  });
  return result.outcome === 'proven' ? { outcome: 'proven', proof: withFactor(step.proof, 'otp') } : result;
}
