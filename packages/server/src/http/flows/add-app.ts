import type { FastifyRequest } from 'fastify';
import type { Audit } from '../../audit/index.ts';
import type { Secret } from '../../core/index.ts';
import type { SecondFactors } from '../../identity/index.ts';

/**
 * Adds an authenticator app that shows by a code that it has the key; false when the code does not fit. The record is on
 * stable storage first.
 * @throws Refusal `audit_unavailable`; whatever the store throws (fail closed)
 */
export async function addApp(
  { factors, audit }: { readonly factors: SecondFactors; readonly audit: Audit },
  request: Pick<FastifyRequest, 'id' | 'ip'>,
  person: string,
  key: Secret,
  code: Secret,
): Promise<boolean> {
  const step = factors.stepOfNewApp(key, code);
  if (step === undefined) return false;
  await audit.recordDurably({
    type: 'second_factor',
    action: 'added',
    factor: 'totp',
    person,
    remoteAddress: request.ip,
    request: request.id,
  });
  await factors.addApp(person, 'Authenticator app', key, step);
  return true;
}
