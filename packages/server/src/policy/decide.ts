import {
  type ClientCertificate,
  type Database,
  mintPermit,
  type Permit,
  type Principal,
  Refusal,
  type Role,
  type SignInProof,
} from '../core/index.ts';
import { coveredRoles } from './covered-roles.ts';
import { missingProof } from './missing-proof.ts';
import { qualifyingRoles } from './qualifying-roles.ts';

/** Everything that a decision depends on. */
export interface PolicyRequest {
  readonly principal: Principal;
  readonly database: Database;
  /** The role names that the token's scopes name; empty when its scope is `db:<database>` (the default role). */
  readonly tokenRoles: readonly string[];
  /** The user name on the wire: picks among the roles that the token holds; ignored when it names none of them. */
  readonly roleHint: string;
  /** A role that the caller demands (HTTP `role`); refused when the token does not hold it. */
  readonly roleDemanded?: string;
  /** The OAuth client that the token was issued to; rules may ask for it. */
  readonly clientId: string;
  readonly consentId: string;
  /** What the sign-in behind the token proved; nothing where nobody signed in here. */
  readonly proof?: SignInProof | undefined;
  readonly tokenHash: string;
  readonly certificate?: ClientCertificate;
  /** Wall-clock milliseconds. */
  readonly now: number;
}

/** What policy says: a permit, or the refusal that the caller gets (`no_matching_rule`, `role_not_granted` or `stronger_sign_in_required`). */
export type Decision =
  | { readonly outcome: 'permitted'; readonly permit: Permit }
  | { readonly outcome: 'denied'; readonly refusal: Refusal };

/**
 * Decides as which role a principal may act now. A role must be let in by its rule *and* be covered by the token:
 * a token that names roles gives no other, and one that names none gives the default role alone. What the role demands
 * of the sign-in is looked at last: a weaker sign-in is refused, and never given a lesser role in silence.
 */
export function decide(request: PolicyRequest): Decision {
  const { principal, database, clientId, roleDemanded } = request;
  const [defaultRole] = qualifyingRoles(principal, clientId, database);
  if (defaultRole === undefined) return denied(new Refusal('no_matching_rule', { database: database.name }));

  const held = coveredRoles(principal, clientId, database, request.tokenRoles);
  const role =
    roleDemanded === undefined ? (named(held, request.roleHint) ?? held[0]) : named(held, roleDemanded);
  if (role === undefined) {
    // Names a role that a new token could really cover: the one asked for, else what the rules give this person.
    const wanted = roleDemanded ?? defaultRole.name;
    return denied(new Refusal('role_not_granted', { role: wanted, database: database.name }));
  }

  const missing = missingProof(role, request.proof, request.now);
  if (missing !== undefined)
    return denied(new Refusal('stronger_sign_in_required', { role: role.name, what: missing.inWords }));

  const permit = mintPermit({
    principal,
    database,
    role,
    clientId,
    consentId: request.consentId,
    proof: request.proof,
    tokenHash: request.tokenHash,
    ...(request.certificate === undefined ? {} : { certificate: request.certificate }),
    endsAt: request.now + role.maxSessionMs,
  });
  return { outcome: 'permitted', permit };
}

function named(roles: readonly Role[], name: string): Role | undefined {
  return roles.find((role) => role.name === name);
}

function denied(refusal: Refusal): Decision {
  return { outcome: 'denied', refusal };
}
