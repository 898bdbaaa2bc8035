import { Refusal, type Secret } from '../core/index.ts';
import { type AskedAtDoor, tokenRefusal, type VerifiedToken } from '../oauth/index.ts';
import type { Arrival } from './arrival.ts';
import type { SessionServices } from './session-services.ts';

/**
 * Whose credential it is that a client shows: a token, or what stands in for one at the door that asks.
 * @throws Refusal that the client is to be told; `audit_unavailable` when nobody may come in at all
 */
export async function verifyAtDoor(
  credential: Secret,
  asked: AskedAtDoor,
  arrival: Arrival,
  { verifyToken, audit }: SessionServices,
): Promise<VerifiedToken> {
  // Fail closed: without an audit nobody gets in, whatever the token says.
  if (audit.failed) throw new Refusal('audit_unavailable');
  const certificate = arrival.certificate?.();
  if (credential.length === 0 && certificate === undefined) throw new Refusal('token_missing');
  const verdict = await verifyToken(credential, asked, certificate);
  if (verdict.outcome === 'valid') return verdict.token;
  throw tokenRefusal(verdict);
}
