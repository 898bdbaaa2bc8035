import { type Adapter, type Configuration, errors } from 'oidc-provider';
import { hashSecret, newUuid } from '../core/index.ts';
import { accountFinder, workloadId } from './accounts.ts';
import { cookieNames, cookieOptions } from './browser-session.ts';
import { clientCertificateFeatures } from './client-certificate-features.ts';
import type { ClientDocuments } from './client-documents.ts';
import { ownMetadata } from './client-metadata.ts';
import { newClientSecret } from './client-registry.ts';
import type { Consents } from './consents.ts';
import { deviceFlow, html } from './device-pages.ts';
import { countedOnce } from './go-on-once.ts';
import { interactionPrompts } from './interaction-prompts.ts';
import { lifetimes } from './lifetimes.ts';
import type { AuthorizationServerParts } from './parts.ts';
import { checkSelfRegistration } from './registration.ts';
import type { RequestCounter } from './request-counter.ts';
import { createResourceIndicators } from './resource-indicators.ts';
import type { Revoker } from './revoker.ts';
import { routes } from './routes.ts';
import { identityScopes } from './scopes.ts';
import type { SigningKeySet } from './signing-keys/index.ts';
import type { TokenIssuance } from './token-issuance/index.ts';

/** What the configuration calls back into. */
export interface ConfigurationParts {
  readonly parts: AuthorizationServerParts;
  readonly adapter: (model: string) => Adapter;
  readonly consents: Consents;
  readonly issuance: TokenIssuance;
  readonly counted: RequestCounter;
  readonly documents: ClientDocuments;
  readonly revoker: Revoker;
  readonly cookieKey: string;
  /** With their private halves; the first one signs. */
  readonly signingKeys: SigningKeySet['keys'];
}

/** The library's settings: everything that its defaults leave open or leave on, decided. */
export function providerConfiguration(given: ConfigurationParts): Configuration {
  const { parts, consents, issuance } = given;
  const { issuer } = parts.config();
  const indicators = createResourceIndicators(parts.config);
  const certificates = clientCertificateFeatures(parts);

  return {
    adapter: given.adapter,
    jwks: { keys: [...given.signingKeys] },
    routes,
    ttl: lifetimes(parts.config, parts.clock),
    findAccount: accountFinder(parts, (personId) => given.counted('person', personId)),

    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: [...identityScopes],
    claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
    // What the person agreed to tell is in the ID token too: few clients ask userinfo, and would show the id as the name.
    conformIdTokenClaims: false,
    clientAuthMethods: certificates.clientAuthMethods,
    enabledJWA: { idTokenSigningAlgValues: ['RS256'], clientAuthSigningAlgValues: [] },
    extraClientMetadata: {
      properties: Object.values(ownMetadata),
      validator: (ctx, field, value, metadata) =>
        checkSelfRegistration(parts.config(), ctx, field, value, metadata),
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      client.redirectUris?.some((uri) => URL.parse(uri)?.origin === origin) === true,
    fetch: given.documents.feature.enabled
      ? given.documents.fetch
      : () => Promise.reject(new Error('this server fetches nothing for a client')),

    cookies: {
      names: cookieNames(issuer),
      keys: [given.cookieKey],
      long: cookieOptions,
      short: cookieOptions,
    },
    interactions: {
      policy: interactionPrompts(parts),
      url: (_ctx, { prompt, uid }) => `/${prompt.name === 'login' ? 'sign-in' : 'consent'}/${uid}`,
    },
    loadExistingGrant: (ctx) => consents.existing(ctx),

    extraTokenClaims: (ctx, token) => issuance.admit(ctx, token),
    // Integrations need one and forget to ask for `offline_access`; who may have one is the client's registration.
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: async (ctx) => {
      await issuance.assertRefreshable(ctx);
      return true;
    },
    // Programs go on working after the browser is signed out; the home page ends them.
    expiresWithSession: () => false,

    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      mTLS: certificates.mTLS,
      clientCredentials: { enabled: true },
      deviceFlow: deviceFlow(parts.pages),
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        ...indicators,
        useGrantedResource: () => true,
      },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          client.clientAuthMethod !== 'none' && token.clientId === client.clientId,
      },
      revocation: { enabled: true, allowedPolicy: revokePresented(given.revoker) },
      clientIdMetadataDocument: given.documents.feature,
      registration: {
        enabled: parts.config().registration.enabled,
        issueRegistrationAccessToken: false,
        idFactory: () => newUuid(),
        secretFactory: () => newClientSecret().reveal(),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx) =>
          html(
            ctx,
            parts.pages.signOutConfirm({
              action: countedOnce(`${routes.end_session}/confirm`),
              xsrf: String(ctx.oidc.session?.state?.secret ?? ''),
            }),
          ),
        postLogoutSuccessSource: (ctx) => html(ctx, parts.pages.signedOut({})),
      },
    },

    renderError: (ctx, out, thrown) =>
      html(
        ctx,
        parts.pages.error({
          status: ctx.status,
          ...(thrown instanceof errors.SessionNotFound
            ? requestOver
            : {
                error: out.error,
                description: out.error_description ?? 'The request could not be answered.',
              }),
        }),
      ),
  };
}

/** The library's own words for it are about cookies and sessions, and who reads them came back too late. */
const requestOver = {
  error: 'request_expired',
  description:
    'This request is over, or it was started in another browser. Go back to the application and start again.',
};

type RevocationPolicy = NonNullable<
  NonNullable<NonNullable<Configuration['features']>['revocation']>['allowedPolicy']
>;

/**
 * Revokes in place of the library (RFC 7009), which would end the whole consent for an access token, and would tell
 * nobody. It asks whether the client may; we do it, and say no.
 */
function revokePresented(revoker: Revoker): RevocationPolicy {
  return async (_ctx, client, token) => {
    if (token.clientId !== client.clientId) {
      if (client.clientAuthMethod === 'none') return false;
      throw new errors.InvalidRequest('client is not authorized to revoke the presented token');
    }
    const by = workloadId(client.clientId);
    const reason = 'the application signed you out';
    if (token.kind === 'RefreshToken') await revoker.consent(String(token.grantId), reason, by);
    else await revoker.token(hashSecret(token.jti), reason, by);
    return false;
  };
}
