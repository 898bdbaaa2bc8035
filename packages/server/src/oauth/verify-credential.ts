import { type ClientCertificate, hashSecret } from '../core/index.ts';
import { looksLikeJwt } from '../identity/index.ts';
import type { AuthorizationServer, TokenVerdict } from './authorization-server.ts';
import type { certificateAccess } from './certificate-access.ts';
import type { directAccess } from './direct-access.ts';
import type { PasswordAccess } from './password-access.ts';
import type { SignedForms } from './signed-form.ts';
import { accessTokenShape } from './token-format.ts';

interface CredentialParts {
  /** Verifies the stored access token with this hash. */
  readonly stored: (tokenHash: string) => Promise<TokenVerdict>;
  readonly signedForms: Pick<SignedForms, 'read'>;
  readonly direct: ReturnType<typeof directAccess>;
  /** Absent: no password of a directory is taken. */
  readonly passwords?: PasswordAccess;
  readonly byCertificate: ReturnType<typeof certificateAccess>;
}

/** What our own secrets begin with: none of them is shown to a directory as somebody's password. */
const ownSecret = /^gw[a-z]_/;

/**
 * What a door was given as the password: an access token, its signed form, a provider's token, a directory password; or
 * in place of all these a certificate in the TLS handshake. Where a token was given, a certificate only proves who holds it.
 */
export function credentialVerifier({
  stored,
  signedForms,
  direct,
  passwords,
  byCertificate,
}: CredentialParts): AuthorizationServer['verifyToken'] {
  return async (credential, asked, certificate) => {
    const given = credential.reveal();
    if (accessTokenShape.test(given)) return heldBy(certificate, await stored(hashSecret(given)));
    if (!looksLikeJwt(given)) {
      if (asked === undefined || ownSecret.test(given)) return { outcome: 'invalid', reason: 'malformed' };
      if (certificate?.trusted) return await byCertificate(certificate, asked);
      if (passwords !== undefined && asked.person !== undefined && given !== '')
        return await passwords(credential, asked, asked.person);
      if (certificate !== undefined) return await byCertificate(certificate, asked);
      return { outcome: 'invalid', reason: 'malformed' };
    }
    const form = await signedForms.read(credential);
    if (form.outcome === 'ours') return heldBy(certificate, await stored(form.tokenHash));
    // Where no database can be named there is nothing that a provider's token could open.
    if (asked === undefined) return { outcome: 'invalid', reason: 'malformed' };
    return await direct(credential, asked);
  };
}

/** A token that is bound to a certificate (RFC 8705, section 3) is worth nothing without it. */
function heldBy(certificate: ClientCertificate | undefined, verdict: TokenVerdict): TokenVerdict {
  if (verdict.outcome === 'invalid' || verdict.token.boundTo === undefined) return verdict;
  if (verdict.token.boundTo !== certificate?.thumbprint)
    return { outcome: 'invalid', reason: 'other_certificate' };
  return { outcome: 'valid', token: { ...verdict.token, certificate } };
}
