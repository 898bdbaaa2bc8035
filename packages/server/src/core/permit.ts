import type { ClientCertificate } from './client-certificate.ts';
import type { Database, Role } from './database.ts';
import type { Principal } from './principal.ts';
import type { SignInProof } from './sign-in-proof.ts';

declare const minted: unique symbol;

/** What a permit says. */
export interface PermitFields {
  readonly principal: Principal;
  readonly database: Database;
  readonly role: Role;
  /** The OAuth client that acts for the principal. */
  readonly clientId: string;
  /** The consent (an oidc-provider grant id) that the token belongs to. */
  readonly consentId: string;
  /** What the sign-in behind the token proved; nothing for workloads and for tokens that somebody else signed. */
  readonly proof?: SignInProof | undefined;
  /** The stored hash of the access token, to find its sessions when it is revoked. */
  readonly tokenHash: string;
  /** What the session stands on beside the token, or in place of it: when it is revoked, the session ends. */
  readonly certificate?: ClientCertificate;
  /** Wall-clock milliseconds at which a session under this permit ends at the latest. */
  readonly endsAt: number;
}

/**
 * Policy's proof that a principal may act as a role on a database now. Nothing dials a database without one.
 * Only `policy/decide.ts` mints it (the layer test checks that); a look-alike object fails {@link assertPermit}.
 */
export type Permit = PermitFields & { readonly [minted]: true };

const genuine = new WeakSet<object>();

/** Makes a permit. Reserved for `policy/decide.ts`. */
export function mintPermit(fields: PermitFields): Permit {
  const permit = Object.freeze({ ...fields }) as Permit;
  genuine.add(permit);
  return permit;
}

/** Throws on anything that {@link mintPermit} did not make. Called by each engine before it dials. */
export function assertPermit(permit: Permit): void {
  if (!genuine.has(permit)) throw new TypeError('a database connection needs a permit from the policy');
}
