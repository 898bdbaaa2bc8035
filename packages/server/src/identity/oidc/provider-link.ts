import { buildEndSessionUrl, ResponseBodyError, refreshTokenGrant } from 'openid-client';
import { principalFromClaims } from '../principal-from-claims.ts';
import { issuerKeys } from '../provider-tokens/issuer-keys.ts';
import type { ProviderLink, ProviderSession, Reread, SignOutThere } from '../sign-in-method.ts';
import { logoutTokenReader } from './logout-token.ts';
import type { Provider, ProviderOptions } from './provider.ts';
import { type ProviderAnswer, providerAnswer, renewedSession } from './provider-answer.ts';
import { failureDetail } from './provider-failure.ts';
import { tokenForAudience } from './token-for-audience.ts';

/** What is said between us and the provider after a sign-in: its refresh token, and who signs out where. */
export function providerLink({ config, clock }: ProviderOptions, provider: Provider): ProviderLink {
  return {
    rereadEveryMs: config.rereadEveryMs,
    wordCountsMs: config.signInEveryMs,

    async reread(subject, session): Promise<Reread> {
      const { refreshToken } = session;
      if (refreshToken === undefined) return { outcome: 'ended', detail: 'there is no refresh token' };
      let renewed: ProviderSession | undefined;
      let told: ProviderAnswer;
      try {
        const metadata = await provider.metadata();
        const tokens = await refreshTokenGrant(metadata, refreshToken.reveal());
        // Before anything else is looked at: the token that was shown may be used up, whatever comes of the rest.
        renewed = renewedSession(tokens, session);
        told = await providerAnswer(metadata, tokens, subject, config.claims, session);
      } catch (thrown) {
        const detail = failureDetail(thrown);
        if (renewed !== undefined) return { outcome: 'unavailable', detail, session: renewed };
        const isRefused = thrown instanceof ResponseBodyError && thrown.error === 'invalid_grant';
        return { outcome: isRefused ? 'ended' : 'unavailable', detail };
      }
      // Userinfo is checked by the library, and an ID token above: the subject is the one that was asked for.
      const claims = { ...told.claims, sub: subject };
      const reading = principalFromClaims(config.name, claims, config.claims);
      return reading.outcome === 'read'
        ? { outcome: 'read', principal: reading.principal, session: told.session }
        : { outcome: 'unavailable', detail: reading.detail, session: told.session };
    },

    tokenFor: (subject, session, wanted) => tokenForAudience(provider, clock, subject, session, wanted),

    async signOutAddress({ idToken }, returnTo): Promise<SignOutThere> {
      try {
        const metadata = await provider.metadata();
        if (metadata.serverMetadata().end_session_endpoint === undefined) return { outcome: 'nowhere' };
        const location = buildEndSessionUrl(metadata, {
          id_token_hint: idToken.reveal(),
          post_logout_redirect_uri: returnTo,
        });
        return { outcome: 'redirect', location };
      } catch (thrown) {
        return { outcome: 'failed', detail: failureDetail(thrown) };
      }
    },

    readLogoutToken: logoutTokenReader(config, issuerKeys(config.issuer, undefined, clock), clock),
  };
}
