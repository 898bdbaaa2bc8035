import { hashSecret } from '../core/index.ts';
import { looksLikeJwt } from '../identity/index.ts';
import type { AuthorizationServer, TokenVerdict } from './authorization-server.ts';
import type { directAccess } from './direct-access.ts';
import type { PasswordAccess } from './password-access.ts';
import type { SignedForms } from './signed-form.ts';
import { accessTokenShape } from './token-format.ts';

export interface CredentialParts {
  /** Verifies the stored access token with this hash. */
  readonly stored: (tokenHash: string) => Promise<TokenVerdict>;
  readonly signedForms: Pick<SignedForms, 'read'>;
  readonly direct: ReturnType<typeof directAccess>;
  /** Absent: no password of a directory is taken. */
  readonly passwords?: PasswordAccess;
}

/** What our own secrets begin with: none of them is shown to a directory as somebody's password. */
const ownSecret = /^gw[a-z]_/;

/** What a door was given as the password: an access token, its signed form, a provider's token, a directory password. */
export function credentialVerifier({
  stored,
  signedForms,
  direct,
  passwords,
}: CredentialParts): AuthorizationServer['verifyToken'] {
  return async (credential, asked) => {
    const given = credential.reveal();
    if (accessTokenShape.test(given)) return await stored(hashSecret(given));
    if (!looksLikeJwt(given)) {
      if (passwords === undefined || asked?.person === undefined || ownSecret.test(given))
        return { outcome: 'invalid', reason: 'malformed' };
      return await passwords(credential, asked, asked.person);
    }
    const form = await signedForms.read(credential);
    if (form.outcome === 'ours') return await stored(form.tokenHash);
    // Where no database can be named there is nothing that a provider's token could open.
    if (asked === undefined) return { outcome: 'invalid', reason: 'malformed' };
    return await direct(credential, asked);
  };
}
