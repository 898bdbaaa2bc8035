import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { type Clock, Secret } from '../core/index.ts';
import type { SigningKeys } from './signing-keys/index.ts';

const algorithm = 'RS256';
/** Keeps these apart from ID tokens, which the same key signs and which open nothing (RFC 8725, section 3.11). */
const kind = 'grantway-access+jwt';

/** What the signed form of an access token says of it. */
export interface SignedFormFields {
  /** The stored hash of the access token. It opens nothing by itself. */
  readonly tokenHash: string;
  /** The principal id. */
  readonly person: string;
  /** The resource that the token is for. */
  readonly resource: string;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
}

/**
 * An access token in the form of a JWT, for clients that take nothing else as an identity token: MySQL 9's
 * `authentication_openid_connect_client`. It stands for the stored token, ends with it, and is revoked with it.
 */
export interface SignedForms {
  sign(fields: SignedFormFields): Promise<Secret>;
  /** The hash of the access token that a JWT of ours stands for; `foreign` for one that is no such form. */
  read(
    jwt: Secret,
  ): Promise<{ readonly outcome: 'ours'; readonly tokenHash: string } | { readonly outcome: 'foreign' }>;
}

/** See {@link SignedForms}. */
export function signedForms(issuer: string, keys: SigningKeys, clock: Clock): SignedForms {
  return {
    async sign({ tokenHash, person, resource, expiresAt }) {
      const { signing } = await keys.current();
      const jwt = await new SignJWT()
        .setProtectedHeader({ alg: algorithm, typ: kind, kid: signing.kid })
        .setIssuer(issuer)
        .setSubject(person)
        .setAudience(resource)
        .setJti(tokenHash)
        .setIssuedAt(Math.floor(clock.now() / 1000))
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(signing);
      return new Secret(jwt);
    },

    async read(jwt) {
      try {
        if (decodeProtectedHeader(jwt.reveal()).typ !== kind) return { outcome: 'foreign' };
        const { published } = await keys.current();
        const { payload } = await jwtVerify(jwt.reveal(), createLocalJWKSet(published), {
          issuer,
          typ: kind,
          algorithms: [algorithm],
          currentDate: new Date(clock.now()),
          requiredClaims: ['jti', 'exp', 'aud', 'sub'],
        });
        return { outcome: 'ours', tokenHash: String(payload.jti) };
      } catch (thrown) {
        if (thrown instanceof errors.JOSEError || thrown instanceof TypeError) return { outcome: 'foreign' };
        throw thrown;
      }
    },
  };
}
