import type { Database, Permit } from '../core/index.ts';
import type { VerifiedToken } from '../oauth/index.ts';
import { decide } from '../policy/index.ts';

/** Which of the roles that a token covers is meant. */
export interface RoleWish {
  /** The user name on the wire: picks among the roles that the token holds, and is ignored when it names none. */
  readonly hint: string;
  /** A role that must be held. */
  readonly demanded?: string | undefined;
}

/**
 * What policy says to the bearer of a token, on one database, at `now` (wall-clock milliseconds).
 * @throws Refusal `no_matching_rule`, `role_not_granted`, `stronger_sign_in_required`
 */
export function permitByToken(token: VerifiedToken, database: Database, wish: RoleWish, now: number): Permit {
  const { principal, clientId, consentId, tokenHash, roles, proof, certificate } = token;
  const decision = decide({
    principal,
    database,
    tokenRoles: roles,
    roleHint: wish.hint,
    ...(wish.demanded === undefined ? {} : { roleDemanded: wish.demanded }),
    clientId,
    consentId,
    proof,
    tokenHash,
    ...(certificate === undefined ? {} : { certificate }),
    now,
  });
  if (decision.outcome === 'denied') throw decision.refusal;
  return decision.permit;
}
