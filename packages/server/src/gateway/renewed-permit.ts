import { isDeepStrictEqual } from 'node:util';
import { type Database, type Permit, principalId, Refusal } from '../core/index.ts';
import type { VerifiedToken } from '../oauth/index.ts';
import { decide } from '../policy/index.ts';

/**
 * The permit under which a session lives on after its client showed another token. That token must be of the same
 * person through the same client, for the same database, and cover the role that the session has: a connection never
 * changes hands, and what is logged in at the database stays what it is.
 *
 * @throws Refusal `forbidden`, `token_wrong_database`, `role_not_granted`, `no_matching_rule`
 */
export function renewedPermit(
  permit: Permit,
  token: VerifiedToken,
  database: Database | undefined,
  now: number,
): Permit {
  const isSameCaller =
    principalId(token.principal) === principalId(permit.principal) && token.clientId === permit.clientId;
  if (!isSameCaller) {
    throw new Refusal('forbidden', {
      what: 'this session belongs to somebody else. Connect anew to sign in as another person or client.',
    });
  }
  if (database === undefined || token.database !== permit.database.name) {
    throw new Refusal('token_wrong_database');
  }
  const { principal, clientId, consentId, tokenHash, roles, proof } = token;
  const decision = decide({
    principal,
    database,
    tokenRoles: roles,
    roleHint: '',
    roleDemanded: permit.role.name,
    clientId,
    consentId,
    proof,
    tokenHash,
    ...(token.certificate === undefined ? {} : { certificate: token.certificate }),
    now,
  });
  if (decision.outcome === 'denied') throw decision.refusal;
  const isSameLogin =
    decision.permit.role.login === permit.role.login &&
    database.host === permit.database.host &&
    database.port === permit.database.port &&
    isDeepStrictEqual(database.sentinels, permit.database.sentinels);
  if (!isSameLogin) throw new Refusal('access_revoked', { reason: 'the role of this session changed' });
  return decision.permit;
}
