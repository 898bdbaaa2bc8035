import type { IncomingMessage, ServerResponse } from 'node:http';
import { trustedIssuers } from '../identity/index.ts';
import { rateLimits } from '../limits/index.ts';
import { artifactAdapter } from './artifact-adapter.ts';
import { type Around, type AssembledProvider, assembleProvider } from './assemble-provider.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { certificateAccess } from './certificate-access.ts';
import { clientAdapter } from './client-adapter.ts';
import { clientDocuments } from './client-documents.ts';
import { directAccess } from './direct-access.ts';
import { documentFetcher } from './fetch-document.ts';
import { createHandles } from './handles.ts';
import { createKeptAnswers } from './kept-answers.ts';
import { addressed } from './origin.ts';
import type { AuthorizationServerParts } from './parts.ts';
import { passwordAccess } from './password-access.ts';
import { createRefreshReplay } from './refresh-replay.ts';
import { requestCounter } from './request-counter.ts';
import { createResourceIndicators } from './resource-indicators.ts';
import { createRevoker } from './revoker.ts';
import { routes } from './routes.ts';
import { signedForms } from './signed-form.ts';
import { createSigningKeys, type SigningKeySet } from './signing-keys/index.ts';
import { createTokenIssuance } from './token-issuance/index.ts';
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
  const { config, store, vault, audit, clock } = parts;
  const issuer = new URL(config().issuer);

  const keys = createSigningKeys(parts);
  const revoker = createRevoker(store, audit, clock);
  const replay = createRefreshReplay(store, clock);
  const issuance = createTokenIssuance(parts);
  const kept = {
    config,
    store,
    handles: createHandles(),
    revoker,
    replay,
    clock,
    checkTarget: issuance.checkTarget,
  };
  const forms = signedForms(config().issuer, keys, clock);
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
  const around: Around = {
    parts,
    adapter: (model) =>
      model === 'Client'
        ? clientAdapter(store, () => config().registration, audit, clock)
        : artifactAdapter(model, kept),
    grants: {
      ...parts,
      trusted,
      verifyToken,
      signedForms: forms,
      indicators: createResourceIndicators(config),
    },
    issuance,
    counted: requestCounter(rateLimits(config, store.attempts, clock)),
    documents: clientDocuments({ ...parts, fetchDocument: parts.fetchDocument ?? documentFetcher() }),
    revoker,
    replay,
    keptAnswers: createKeptAnswers(store, clock),
    cookieKey: (await vault.derive('oauth/cookies')).toString('base64url'),
  };
  let assembled: (AssembledProvider & { readonly set: SigningKeySet }) | undefined;

  /** The library with the keys of now. Requests that are under way end where they began. */
  async function provider(): Promise<AssembledProvider> {
    const set = await keys.current();
    if (assembled?.set !== set) assembled = { set, ...assembleProvider(around, set.keys) };
    return assembled;
  }
  // A store without keys gets them, and what the library does not like shows, before a door opens.
  await provider();

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
      await (await provider()).answer(request, response);
    },
    tendSigningKeys: async () => void (await keys.current()),
    signedIn: async (...browser) => (await provider()).browser.signedIn(...browser),
    proof: async (...browser) => (await provider()).browser.proof(...browser),
    signIn: async (...given) => (await provider()).browser.signIn(...given),
    signOut: async (...browser) => (await provider()).browser.signOut(...browser),
    signOutEverywhere: revoker.browserSessions,
    endEverything: revoker.person,
    interaction: async (...given) => (await provider()).interactions.interaction(...given),
    finishSignIn: async (...given) => (await provider()).interactions.finishSignIn(...given),
    finishConsent: async (...given) => (await provider()).interactions.finishConsent(...given),
    verifyToken,
    consents: async (personId) => (await provider()).consents.list(personId),
    revokeConsent: (consentId, by) =>
      revoker.consent(consentId, 'you or an administrator ended the consent', by),
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
