import type { Audit } from '../../audit/index.ts';
import { type SignInProof, withFactor } from '../../core/index.ts';
import type { Passkeys } from '../../identity/index.ts';
import type { FirstStep } from '../pending-factors.ts';

interface ShownPasskey {
  readonly passkeys: Passkeys;
  readonly audit: Audit;
  readonly step: FirstStep;
  /** What the page asked the browser to sign; undefined when that was too long ago, or another browser. */
  readonly challenge: string | undefined;
  readonly credential: string;
  readonly remoteAddress: string;
  readonly requestId: string;
}

/**
 * The second step of a sign-in, with a passkey of the same person; undefined when it is none. The record is on stable
 * storage before anything takes effect.
 * @throws Refusal `audit_unavailable`; whatever the store throws (fail closed)
 */
export async function proveByPasskey({
  passkeys,
  audit,
  step,
  challenge,
  credential,
  remoteAddress,
  requestId,
}: ShownPasskey): Promise<SignInProof | undefined> {
  const owner = challenge === undefined ? undefined : await passkeys.prove(challenge, credential);
  const isOwn = owner === step.person;
  await audit.recordDurably({
    type: 'second_factor',
    action: isOwn ? 'proven' : 'failed',
    factor: 'passkey',
    person: step.person,
    remoteAddress,
    request: requestId,
  });
  return isOwn ? withFactor(step.proof, 'pop') : undefined;
}
