import cookies from '@fastify/cookie';
import formBody from '@fastify/formbody';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { Audit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { type ClientCertificate, type Clock, type EngineName, newUuid, Refusal } from '../core/index.ts';
import type { Passkeys, SecondFactors, SignInMethod } from '../identity/index.ts';
import { rateLimits } from '../limits/index.ts';
import {
  type Applications,
  type AuthorizationServer,
  createKeptAnswers,
  type ProviderWord,
} from '../oauth/index.ts';
import type { Store } from '../store/index.ts';
import type { Vault } from '../vault/index.ts';
import { answerFormsOnce } from './answer-once.ts';
import { countRequests } from './count-requests.ts';
import { formGuard } from './form-guard.ts';
import { type HealthReport, healthRoute } from './health-route.ts';
import { type HttpTls, httpListener } from './http-listener.ts';
import type { LiveSessionControl } from './live-session-control.ts';
import { logAnswers } from './log-answers.ts';
import { mountAuthorizationServer } from './mount-authorization-server.ts';
import { noteCallers } from './note-callers.ts';
import { pendingFactors } from './pending-factors.ts';
import { pendingPasswords } from './pending-passwords.ts';
import { placeToAnswer } from './place-to-answer.ts';
import { answerThrown } from './problem.ts';
import { providerVisits } from './provider-visits.ts';
import {
  assetRoutes,
  backChannelRoutes,
  carriedSignOutRoutes,
  consentRoutes,
  developerRoutes,
  factorRoutes,
  firstPasswordRoutes,
  homeRoutes,
  invitationRoutes,
  ownFactorRoutes,
  passkeyRoutes,
  passwordRoutes,
  providerRoutes,
  signInRoutes,
} from './routes/index.ts';
import { commonHeaders } from './security-headers.ts';
import { waysBack } from './ways-back.ts';

/** What the pages, `/oauth` and the API are served with. Built once in `compose/`. */
export interface HttpServerOptions {
  /** The configuration as of now; a reload replaces it. The issuer stays. */
  readonly config: () => Config;
  readonly authorizationServer: AuthorizationServer;
  readonly applications: Applications;
  /** At least one; the first is shown first. */
  readonly signInMethods: readonly SignInMethod[];
  readonly providerWord: ProviderWord;
  readonly store: Pick<Store, 'people' | 'attempts' | 'activity' | 'artifacts' | 'locks'>;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly audit: Audit;
  readonly vault: Pick<Vault, 'derive'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: () => Promise<HealthReport>;
  readonly sessions: LiveSessionControl;
  /** The port that an engine's door really has, when the configuration leaves it to the system. */
  readonly doorPort?: (engine: EngineName) => number | undefined;
  /** Needed exactly when the issuer is https. */
  readonly tls?: HttpTls;
  /** What a caller showed in its TLS handshake; absent: nobody is asked. */
  readonly certificateOf?: (request: FastifyRequest) => ClientCertificate | undefined;
  /** Further routes, under the same limits, headers and error mapping: the query API, provisioning. */
  readonly plugins: readonly FastifyPluginAsync[];
}

const bodyLimit = 64 * 1024;

/**
 * The HTTP door, ready to listen. The peer's own address is the one that counts, unless it is a proxy that the
 * configuration trusts to name another.
 * @throws Error when the issuer asks for clear text beyond this machine, or for TLS without a certificate
 */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const issuer = new URL(options.config().issuer);
  const log: FastifyBaseLogger = options.log;
  const app = fastify({
    serverFactory: (handler) => httpListener(handler, issuer, options.tls),
    loggerInstance: log,
    // Fastify's own lines would hold whole URLs, and with them authorization codes.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newUuid,
    requestIdHeader: false,
    trustProxy: options.config().trustedProxies?.slice() ?? false,
    bodyLimit,
    // A client id can be the address of a document, and stands in a path encoded.
    routerOptions: { maxParamLength: 1_600 },
    frameworkErrors: (error, request, reply) => {
      setHeaders(reply.raw);
      answerThrown(error, request, reply);
    },
  });

  const headers = Object.entries(commonHeaders(issuer));
  const setHeaders = (response: { setHeader(name: string, value: string): unknown }) => {
    for (const [name, value] of headers) response.setHeader(name, value);
  };

  app.addHook('onRequest', async (request, reply) => {
    setHeaders(reply.raw);
    reply.raw.setHeader('x-request-id', request.id);
    // A load balancer asks for the health by address, and the answer holds no URL.
    if (request.routeOptions.url === '/healthz') return undefined;
    const { redirect } = placeToAnswer(request.raw, issuer);
    return redirect === undefined ? undefined : reply.redirect(redirect, 307);
  });
  noteCallers(app);
  countRequests(app, rateLimits(options.config, options.store.attempts, options.clock), {
    authorizationServer: options.authorizationServer,
    certificateOf: options.certificateOf ?? (() => undefined),
  });
  logAnswers(app);
  app.setErrorHandler((error, request, reply) => answerThrown(error, request, reply));
  app.setNotFoundHandler((request, reply) => answerThrown(new Refusal('not_found'), request, reply));

  const { vault, clock } = options;
  const forms = formGuard(await vault.derive('http-forms'), issuer, clock);
  const context = {
    ...options,
    forms,
    issuer: issuer.origin,
    pendingPasswords: pendingPasswords(await vault.derive('http-pending-passwords'), issuer, clock, forms),
    pendingFactors: pendingFactors(await vault.derive('http-pending-factors'), issuer, clock),
    waysBack: waysBack(await vault.derive('http-ways-back'), issuer, clock),
    providerVisits: providerVisits(await vault.derive('http-provider-visits'), issuer, clock),
  };
  healthRoute(app, options.health);
  assetRoutes(app);
  mountAuthorizationServer(app, options.authorizationServer, forms);
  app.register(async (pages) => {
    pages.removeAllContentTypeParsers();
    await pages.register(cookies);
    await pages.register(formBody);
    answerFormsOnce(pages, createKeptAnswers(options.store, clock), forms);
    signInRoutes(pages, context);
    providerRoutes(pages, context);
    backChannelRoutes(pages, context);
    carriedSignOutRoutes(pages, context);
    factorRoutes(pages, context);
    firstPasswordRoutes(pages, context);
    invitationRoutes(pages, context);
    passkeyRoutes(pages, context);
    ownFactorRoutes(pages, context);
    passwordRoutes(pages, context);
    consentRoutes(pages, context);
    homeRoutes(pages, context);
    developerRoutes(pages, context);
  });
  for (const plugin of options.plugins) app.register(plugin);
  await app.ready();
  return app;
}
