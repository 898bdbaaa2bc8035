import type { KoaContextWithOIDC } from 'oidc-provider';

/**
 * How long the refresh token in an answer lives, so that an application can ask its person again before it ends: rotation
 * never moves that end. In seconds, as `refresh_token_expires_in`, the name that GitHub and Google give it; the draft
 * of the IETF (draft-ietf-oauth-refresh-token-expiration) still changes its own.
 */
export function refreshLifetime({ oidc, body }: KoaContextWithOIDC): {
  readonly refresh_token_expires_in?: number;
} {
  const { RefreshToken: token } = oidc.entities;
  const given = typeof body === 'object' && body !== null && 'refresh_token' in body;
  return given && token !== undefined ? { refresh_token_expires_in: token.remainingTTL } : {};
}
