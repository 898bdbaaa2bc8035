import { type Database, type Permit, principalId, Refusal } from '../core/index.ts';
import type { VerifiedToken } from '../oauth/index.ts';
import { permitByToken } from './permit-by-token.ts';
import { isSameServer } from './same-server.ts';

/**
 * The permit under which a session lives on after its client showed another token. That token must be of the same
 * person through the same client, for the same database, and cover the role that the session has: a connection never
 * changes hands, and what is logged in at the database stays what it is.
 *
 * @throws Refusal `forbidden`, `token_wrong_database`, `access_revoked`, or one of {@link permitByToken}
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
  const next = permitByToken(token, database, { hint: '', demanded: permit.role.name }, now);
  const isSameLogin = next.role.login === permit.role.login && isSameServer(database, permit.database);
  if (!isSameLogin) throw new Refusal('access_revoked', { reason: 'the role of this session changed' });
  return next;
}
