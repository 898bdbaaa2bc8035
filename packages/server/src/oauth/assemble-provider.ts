import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Provider, { type Adapter, type KoaContextWithOIDC } from 'oidc-provider';
import { answerFailures } from './answer-failures.ts';
import { type AssertionGrantParts, registerAssertionGrants } from './assertion-grants.ts';
import { type BrowserSession, createBrowserSession } from './browser-session.ts';
import { callerAddress } from './caller-address.ts';
import type { ClientDocuments } from './client-documents.ts';
import { compareSecretsByHash, matchLocalhostExactly } from './client-secrets.ts';
import { type Consents, createConsents } from './consents.ts';
import { devicePace } from './device-pace.ts';
import { leadToDevicePage, prefillUserCode } from './device-pages.ts';
import { takeBackEndedSignIns } from './ended-sign-ins.ts';
import { recordEvents } from './events.ts';
import { goOnOnce } from './go-on-once.ts';
import { hideInErrors } from './hide-in-errors.ts';
import { createInteractions, type Interactions } from './interactions/index.ts';
import type { KeptAnswers } from './kept-answers.ts';
import { nobodyToSignOut } from './nobody-to-sign-out.ts';
import { pinOrigin } from './origin.ts';
import type { AuthorizationServerParts } from './parts.ts';
import { providerConfiguration } from './provider-configuration.ts';
import { refreshLifetime } from './refresh-lifetime.ts';
import type { RefreshReplay } from './refresh-replay.ts';
import type { RequestCounter } from './request-counter.ts';
import { requestRules } from './request-rules.ts';
import type { Revoker } from './revoker.ts';
import { ageFromSignIn } from './session-age.ts';
import type { SigningKeySet } from './signing-keys/index.ts';
import { prefixTokens } from './token-format.ts';
import type { TokenIssuance } from './token-issuance/index.ts';
import { holdUntrustedRedirects } from './untrusted-redirects.ts';

/** What outlives one instance of the library: whatever it remembers between two requests is here or in the store. */
export interface Around {
  readonly parts: AuthorizationServerParts;
  readonly adapter: (model: string) => Adapter;
  readonly grants: AssertionGrantParts;
  readonly issuance: TokenIssuance;
  readonly counted: RequestCounter;
  readonly documents: ClientDocuments;
  readonly revoker: Revoker;
  readonly replay: RefreshReplay;
  readonly keptAnswers: KeptAnswers;
  readonly cookieKey: string;
}

/** One instance of the library, and what speaks through it. */
export interface AssembledProvider {
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly browser: BrowserSession;
  readonly interactions: Interactions;
  readonly consents: Consents;
}

/**
 * Puts the library together for one set of signing keys: it takes them when it is constructed and not later. It keeps
 * nothing of its own but caches, so a new instance goes on where the last one was.
 */
export function assembleProvider(around: Around, signingKeys: SigningKeySet['keys']): AssembledProvider {
  const { parts, counted, issuance, replay, revoker } = around;
  const { config, store, audit, clock, log } = parts;
  const consents: Consents = createConsents(() => provider, store, revoker, audit);
  const provider = new Provider(config().issuer, providerConfiguration({ ...around, consents, signingKeys }));
  registerAssertionGrants(provider, around.grants);
  pinOrigin(provider, new URL(config().issuer));
  prefixTokens(provider);
  ageFromSignIn(provider, clock);
  compareSecretsByHash(provider, store, clock, (clientId) => counted('client', clientId));
  matchLocalhostExactly(provider);
  recordEvents(provider, { store, audit, clock, log, replay });
  const answering = answerFailures(parts.pages, log);
  const pacing = devicePace(store.attempts, clock);
  const goingOn = goOnOnce(around.keptAnswers);
  const endedTakenBack = takeBackEndedSignIns(store.people, parts.pages);
  provider.use((ctx, next) => answering(ctx as KoaContextWithOIDC, next));
  provider.use((ctx, next) => hideInErrors(ctx as KoaContextWithOIDC, next));
  provider.use((ctx, next) => {
    ctx.request.ip = callerAddress(ctx.req);
    return next();
  });
  provider.use(leadToDevicePage);
  provider.use(requestRules(store, clock, parts.pages));
  provider.use((ctx, next) => goingOn(ctx as KoaContextWithOIDC, next));
  provider.use((ctx, next) => endedTakenBack(ctx as KoaContextWithOIDC, next));
  holdUntrustedRedirects(provider, parts);
  const nobodyThere = nobodyToSignOut(store, parts.pages);
  provider.use((ctx, next) => nobodyThere(ctx as KoaContextWithOIDC, next));
  provider.use(prefillUserCode);
  provider.use((ctx, next) => pacing(ctx as KoaContextWithOIDC, next));
  provider.use((ctx, next) => replay.around(ctx as KoaContextWithOIDC, next));
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route === 'token' && ctx.status === 200)
      ctx.body = {
        ...Object(ctx.body),
        ...refreshLifetime(ctx as KoaContextWithOIDC),
        ...(await issuance.connection(ctx as KoaContextWithOIDC)),
      };
  });

  // Without a listener the framework prints to the console.
  const failures: EventEmitter = provider;
  failures.on('error', (thrown) => log.error({ err: thrown }, 'an OAuth request failed on our side'));

  return {
    answer: provider.callback(),
    browser: createBrowserSession(provider, parts),
    interactions: createInteractions(provider, { ...parts, consents }),
    consents,
  };
}
