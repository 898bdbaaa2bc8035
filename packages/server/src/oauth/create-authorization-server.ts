import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import { trustedIssuers } from '../identity/index.ts';
import { rateLimits } from '../limits/index.ts';
import { answerFailures } from './answer-failures.ts';
import { artifactAdapter } from './artifact-adapter.ts';
import { registerAssertionGrants } from './assertion-grants.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { createBrowserSession } from './browser-session.ts';
import { callerAddress } from './caller-address.ts';
import { certificateAccess } from './certificate-access.ts';
import { clientAdapter } from './client-adapter.ts';
import { clientDocuments } from './client-documents.ts';
import { compareSecretsByHash, matchLocalhostExactly } from './client-secrets.ts';
import { createConsents } from './consents.ts';
import { prefillUserCode } from './device-pages.ts';
import { directAccess } from './direct-access.ts';
import { recordEvents } from './events.ts';
import { documentFetcher } from './fetch-document.ts';
import { createHandles } from './handles.ts';
import { hideInErrors } from './hide-in-errors.ts';
import { createInteractions } from './interactions.ts';
import { addressed, pinOrigin } from './origin.ts';
import type { AuthorizationServerParts } from './parts.ts';
import { passwordAccess } from './password-access.ts';
import { providerConfiguration } from './provider-configuration.ts';
import { createRefreshReplay } from './refresh-replay.ts';
import { requestCounter } from './request-counter.ts';
import { requestRules } from './request-rules.ts';
import { createRequestedAccess } from './requested-access.ts';
import { createRevocation } from './revocation.ts';
import { routes } from './routes.ts';
import { signedForms } from './signed-form.ts';
import { signingKeys } from './signing-keys.ts';
import { prefixTokens } from './token-format.ts';
import { createTokenIssuance } from './token-issuance.ts';
import { holdUntrustedRedirects } from './untrusted-redirects.ts';
import { credentialVerifier } from './verify-credential.ts';
import { tokenVerifier } from './verify-token.ts';

/**
 * The authorization server: oidc-provider with everything replaced that it leaves open (how things are stored, who
 * people are, what scopes mean, which pages are shown) and closed that it leaves open to attack. Clients are put
 * into the store apart, see {@link createClientRegistry}.
 */
export async function createAuthorizationServer(
  parts: AuthorizationServerParts,
): Promise<AuthorizationServer> {
  const { config, store, vault, audit, clock, log } = parts;
  const issuer = new URL(config().issuer);
  const doorPort = parts.doorPort ?? ((engine) => config().listen[engine]?.port);

  const jwks = await signingKeys(vault, store, clock);
  const revocation = createRevocation(store, audit, clock);
  const counted = requestCounter(rateLimits(config, store.attempts, clock));
  const replay = createRefreshReplay(store, clock);
  const consents = createConsents(() => provider, store, revocation, audit);
  const issuance = createTokenIssuance(parts, doorPort);
  const kept = {
    store,
    handles: createHandles(),
    revocation,
    replay,
    clock,
    checkTarget: issuance.checkTarget,
  };
  const forms = signedForms(config().issuer, jwks, clock);
  const trusted = trustedIssuers(config(), clock);
  const verifyToken = credentialVerifier({
    stored: tokenVerifier(config, store, clock, parts.providerWord),
    signedForms: forms,
    direct: directAccess({ config, store, clock, trusted }),
    ...(parts.directPasswords === undefined
      ? {}
      : { passwords: passwordAccess(parts.directPasswords, config, store) }),
    byCertificate: certificateAccess(config, store, clock),
  });
  const provider = new Provider(
    config().issuer,
    providerConfiguration({
      parts,
      adapter: (model) =>
        model === 'Client'
          ? clientAdapter(store, () => config().registration, clock)
          : artifactAdapter(model, kept),
      consents,
      issuance,
      counted,
      documents: clientDocuments({ ...parts, fetchDocument: parts.fetchDocument ?? documentFetcher() }),
      revocation,
      cookieKey: (await vault.derive('oauth/cookies')).toString('base64url'),
      jwks,
    }),
  );
  registerAssertionGrants(provider, {
    ...parts,
    trusted,
    verifyToken,
    signedForms: forms,
    access: createRequestedAccess(config),
  });
  pinOrigin(provider, issuer);
  prefixTokens(provider);
  compareSecretsByHash(provider, store, clock, (clientId) => counted('client', clientId));
  matchLocalhostExactly(provider);
  recordEvents(provider, { store, audit, clock, log, replay });
  const answering = answerFailures(parts.pages, log);
  provider.use((ctx, next) => answering(ctx as KoaContextWithOIDC, next));
  provider.use((ctx, next) => hideInErrors(ctx as KoaContextWithOIDC, next));
  provider.use((ctx, next) => {
    ctx.request.ip = callerAddress(ctx.req);
    return next();
  });
  provider.use(requestRules(store, clock, parts.pages));
  holdUntrustedRedirects(provider, parts);
  provider.use(prefillUserCode);
  provider.use((ctx, next) => replay.around(ctx as KoaContextWithOIDC, next));
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route === 'token' && ctx.status === 200)
      ctx.body = { ...Object(ctx.body), ...(await issuance.connection(ctx as KoaContextWithOIDC)) };
  });

  // Without a listener the framework prints to the console.
  const failures: EventEmitter = provider;
  failures.on('error', (thrown) => log.error({ err: thrown }, 'an OAuth request failed on our side'));

  const answer = provider.callback();
  const browser = createBrowserSession(provider, parts);
  const interactions = createInteractions(provider, { ...parts, consents });
  return {
    async handle(request, response) {
      switch (addressed(request, issuer).outcome) {
        case 'foreign':
          refuseHost(response, issuer);
          return;
        case 'alias':
          if (!isPage(request)) break;
          response.writeHead(307, { location: issuer.origin + request.url }).end();
          return;
        case 'issuer':
      }
      await answer(request, response);
    },
    signedIn: browser.signedIn,
    proof: browser.proof,
    signIn: browser.signIn,
    signOut: browser.signOut,
    signOutEverywhere: revocation.browserSessions,
    endEverything: revocation.person,
    interaction: interactions.interaction,
    finishSignIn: interactions.finishSignIn,
    finishConsent: interactions.finishConsent,
    verifyToken,
    consents: consents.list,
    revokeConsent: (consentId, by) =>
      revocation.consent(consentId, 'you or an administrator ended the consent', by),
  };
}

/** Whether a browser is to stay with us from here on, with cookies that it holds for one host. */
function isPage({ method, url = '' }: IncomingMessage): boolean {
  const pages = [routes.authorization, routes.code_verification, routes.end_session];
  return method === 'GET' && pages.some((page) => url.startsWith(page));
}

function refuseHost(response: ServerResponse, issuer: URL): void {
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      error: 'invalid_request',
      error_description: `This server answers as ${issuer.origin} only.`,
    }),
  );
}
