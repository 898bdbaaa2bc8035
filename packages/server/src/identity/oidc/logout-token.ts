import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { OidcConfig } from '../../config/index.ts';
import type { Clock, Secret } from '../../core/index.ts';
import { KeysUnavailable } from '../provider-tokens/issuer-keys.ts';
import { looksLikeJwt, signatureAlgorithms } from '../provider-tokens/trusted-issuers.ts';
import type { LogoutToken } from '../sign-in-method.ts';

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';
/** `logout+jwt` is what the specification wishes for; many providers write the general kind, or none. */
const kinds: ReadonlySet<string> = new Set(['jwt', 'logout+jwt', 'application/logout+jwt']);
/** How far clocks may be apart, in seconds. */
const skewSeconds = 60;
/** How old a token without an end may be, in seconds. */
const mostAgeSeconds = 300;

/**
 * Reads logout tokens of one provider (OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6): signed by it, for
 * us, of now, about a logout, naming a subject or a session, and no ID token. That it counts once is for the caller.
 */
export function logoutTokenReader(
  { issuer, clientId }: Pick<OidcConfig, 'issuer' | 'clientId'>,
  keys: JWTVerifyGetKey,
  clock: Clock,
): (token: Secret) => Promise<LogoutToken> {
  return async (token) => {
    const given = token.reveal();
    if (!looksLikeJwt(given)) return refused('it is no signed token');
    try {
      const { payload, protectedHeader } = await jwtVerify(given, keys, {
        issuer,
        audience: clientId,
        algorithms: signatureAlgorithms,
        clockTolerance: skewSeconds,
        currentDate: new Date(clock.now()),
        requiredClaims: ['iat', 'jti', 'events'],
      });
      if (!kinds.has((protectedHeader.typ ?? 'JWT').toLowerCase()))
        return refused('it is another kind of token');
      return said(payload, clock.now());
    } catch (thrown) {
      if (thrown instanceof KeysUnavailable)
        return { outcome: 'refused', reason: 'unavailable', detail: thrown.message };
      // Of what the library throws only its codes are told: a message could hold a claim.
      if (thrown instanceof errors.JOSEError) return refused(thrown.code);
      throw thrown;
    }
  };
}

function said({ sub, sid, jti, iat, exp, nonce, events }: JWTPayload, now: number): LogoutToken {
  const issuedAt = Number(iat) * 1000;
  const expiresAt = exp === undefined ? issuedAt + mostAgeSeconds * 1000 : exp * 1000;
  if (!Number.isSafeInteger(issuedAt) || issuedAt > now + skewSeconds * 1000)
    return refused('it is from the future');
  if (expiresAt < now - skewSeconds * 1000) return refused('it has ended');
  if (nonce !== undefined) return refused('it has a nonce, as an ID token has');
  if (!isLogout(events)) return refused('it is about no logout');
  if (typeof jti !== 'string' || jti === '') return refused('it has no name of its own');
  if ([sub, sid].some((one) => one !== undefined && (typeof one !== 'string' || one === '')))
    return refused('its sub or sid is no text');
  if (sub === undefined && sid === undefined) return refused('it says neither whose nor which session');
  return {
    outcome: 'genuine',
    ...(sub !== undefined && { subject: sub }),
    ...(typeof sid === 'string' && { sessionId: sid }),
    tokenId: jti,
    expiresAt,
  };
}

function isLogout(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, logoutEvent)) return false;
  const event = (events as Readonly<Record<string, unknown>>)[logoutEvent];
  return typeof event === 'object' && event !== null;
}

function refused(detail: string): LogoutToken {
  return { outcome: 'refused', reason: 'not_genuine', detail };
}
