import { decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Config } from '../../config/index.ts';
import type { Clock, Secret } from '../../core/index.ts';
import type { ProvenClaims } from '../principal-from-claims.ts';
import { issuerKeys, KeysUnavailable } from './issuer-keys.ts';

/** Public keys alone: with a secret algorithm among them, a public key would pass for the secret (RFC 8725, section 3.1). */
export const signatureAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** ID tokens and access tokens (RFC 9068); other kinds, such as logout tokens, prove nobody. */
const kinds: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/at+jwt']);
/** How far clocks may be apart, in seconds. */
const skewSeconds = 60;
const mostLength = 16_384;
const jwtShape = /^[\w-]{10,}\.[\w-]{2,}\.[\w-]*$/;

/** Whether a credential could be a signed token at all: three parts in base64url. */
export function looksLikeJwt(credential: string): boolean {
  return credential.length <= mostLength && jwtShape.test(credential);
}

/** What a genuine token says, and nothing is decided about it yet, its audience neither. */
export interface SignedClaims {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Names this one token, where the issuer gives such names. */
  readonly tokenId: string | undefined;
  readonly claims: ProvenClaims;
}

/** What came of looking at a token that somebody else signed. */
export type TokenProof =
  | { readonly outcome: 'genuine'; readonly signed: SignedClaims }
  | { readonly outcome: 'refused'; readonly reason: 'not_genuine' | 'unavailable'; readonly detail: string };

/** Verifies tokens of the issuers that the config trusts, whatever for. */
export function trustedIssuers(config: Config, clock: Clock): (token: Secret) => Promise<TokenProof> {
  const keysOf = new Map<string, JWTVerifyGetKey>();
  for (const method of config.signIn) {
    if (method.kind === 'oidc' && method.directAudiences !== undefined)
      keysOf.set(method.issuer, issuerKeys(method.issuer, undefined, clock));
  }
  for (const { issuer, keys } of config.workloads) {
    if (keys !== undefined || !keysOf.has(issuer)) keysOf.set(issuer, issuerKeys(issuer, keys, clock));
  }

  return async (token) => {
    const given = token.reveal();
    if (!looksLikeJwt(given)) return refused('not_genuine', 'it is no signed token');
    try {
      const issuer = decodeJwt(given).iss ?? '';
      const keys = keysOf.get(issuer);
      if (keys === undefined) return refused('not_genuine', 'its issuer is not trusted');
      const { payload, protectedHeader } = await jwtVerify(given, keys, {
        issuer,
        algorithms: signatureAlgorithms,
        clockTolerance: skewSeconds,
        currentDate: new Date(clock.now()),
        requiredClaims: ['sub', 'exp', 'iat', 'aud'],
      });
      if (!kinds.has((protectedHeader.typ ?? 'JWT').toLowerCase()))
        return refused('not_genuine', 'it is another kind of token');
      return signedClaims(issuer, payload, clock);
    } catch (thrown) {
      if (thrown instanceof KeysUnavailable) return refused('unavailable', thrown.message);
      // Of what the library throws only its codes are told: a message could hold a claim.
      if (thrown instanceof errors.JOSEError) return refused('not_genuine', thrown.code);
      throw thrown;
    }
  };
}

function signedClaims(issuer: string, claims: ProvenClaims, clock: Clock): TokenProof {
  const { aud, iat, exp, nbf, azp, jti, cnf, events } = claims;
  // Logout tokens of providers that do not name their kind (OpenID Connect Back-Channel Logout 1.0, section 2.4).
  if (events !== undefined) return refused('not_genuine', 'it is another kind of token');
  // Good only together with a proof that a door cannot see (RFC 7800).
  if (cnf !== undefined) return refused('not_genuine', 'it is bound to a key');
  const times = [iat, exp, ...(nbf === undefined ? [] : [nbf])];
  if (!times.every(Number.isSafeInteger)) return refused('not_genuine', 'its times are no whole numbers');
  const issuedAt = Number(iat);
  if (issuedAt > clock.now() / 1000 + skewSeconds) return refused('not_genuine', 'it is from the future');
  const audiences = (Array.isArray(aud) ? aud : [aud]).filter((one) => typeof one === 'string');
  // Meant for several: then it must say to whom it was given (OpenID Connect Core, section 3.1.3.7).
  if (audiences.length !== 1 && typeof azp !== 'string')
    return refused('not_genuine', 'it is meant for several and does not say who has it (azp)');
  return {
    outcome: 'genuine',
    signed: {
      issuer,
      audiences,
      issuedAt,
      expiresAt: Number(exp),
      tokenId: typeof jti === 'string' && jti !== '' ? jti : undefined,
      claims,
    },
  };
}

function refused(reason: 'not_genuine' | 'unavailable', detail: string): TokenProof {
  return { outcome: 'refused', reason, detail };
}
