import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket, Server as TlsServer } from 'node:tls';
import type { Logger } from 'pino';
import type { Config, Environment, ListenAddress } from '../config/index.ts';
import { type EngineName, newUuid, type Permit, Refusal, systemClock } from '../core/index.ts';
import {
  DescriptorWatch,
  FarSessions,
  inProcessDoor,
  type Listener,
  LivePeopleFollower,
  listen,
  loadTlsIdentity,
  operatorLog,
  RevocationFollower,
  SessionPublisher,
  SessionRegistry,
  type SessionServices,
  stillPermitted,
  type TlsIdentity,
} from '../gateway/index.ts';
import { queryApi, type ReloadOutcome } from '../http/api/index.ts';
import { concludeSignIn } from '../http/flows/index.ts';
import { createHttpServer, oauthPages, storedSessionControl } from '../http/index.ts';
import { scimApi } from '../http/scim/index.ts';
import { passkeys, secondFactors, syncConfiguredUsers } from '../identity/index.ts';
import {
  createApplications,
  createAuthorizationServer,
  createClientRegistry,
  createProviderWord,
  createRevocation,
} from '../oauth/index.ts';
import { startAuditPruning } from './audit-pruning.ts';
import { drivers } from './engine-registry.ts';
import { gatewayHealth } from './gateway-health.ts';
import { openClientCertificates, ownTlsOptions } from './open-client-certificates.ts';
import { openChain, openFoundations } from './open-foundations.ts';
import { directPasswordMethod, openSignInMethods, rereadEveryMs } from './open-sign-in-methods.ts';
import { openUpstreams } from './open-upstreams.ts';
import { pruneStore } from './prune-store.ts';
import { readConfigAgain } from './read-config-again.ts';

const clock = systemClock;
const pruneMs = 60_000;
/** Sockets on one wire listener. */
const mostConnections = 20_000;

/** A running gateway. */
export interface Gateway {
  readonly config: Config;
  readonly tls: TlsIdentity;
  /** The doors as bound, with the ports that the system chose for 0. */
  readonly doors: Readonly<Record<string, ListenAddress>>;
  /** Reads the config file again. A bad file changes nothing and says what is wrong. */
  reload(by: string): Promise<ReloadOutcome>;
  /** Takes no more connections, lets sessions finish for `drainMs`, ends the others, closes the store. */
  close(drainMs: number): Promise<void>;
}

/** What a gateway is started with besides its configuration. */
export interface GatewayOptions {
  /** Where overrides of single keys come from; `process.env`, and empty for the demo. */
  readonly env: Environment;
  readonly logger: Logger;
}

/**
 * Starts everything that the config names. Resolves when every door is open.
 * @throws Error with a sentence for the operator when a part cannot start; what was started is closed again
 */
export async function startGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
  await using opened = new AsyncDisposableStack();
  let current = config;
  const { env, logger } = options;
  const log = operatorLog(logger);
  const gatewayId = newUuid();

  const { secrets, store, vault } = await openFoundations(config, opened);
  const audit = await openChain('audit', config, { store, vault, log }, opened);
  const revocation = createRevocation(store, audit, clock);
  const clients = createClientRegistry(store, secrets, revocation, clock);
  let tls = await loadTlsIdentity(config);

  const registry = new SessionRegistry(gatewayId, clock);
  const stillAllowed = (permit: Permit) => stillPermitted(permit, current.databases, store);
  const follower = new RevocationFollower(store.revocations, registry, log, stillAllowed);
  const publisher = new SessionPublisher(store.sessions, registry, gatewayId, clock, log);
  const listeners: Listener[] = [];

  const doorPort = (engine: EngineName) => listeners.find(({ name }) => name === engine)?.address.port;
  const signInMethods = openSignInMethods(config, { store, secrets, clock });
  const directPasswords = directPasswordMethod(config, signInMethods);
  const providerWord = createProviderWord({ signInMethods, store, vault, revocation, clock, log: logger });
  const livePeople = new LivePeopleFollower(registry, providerWord, log);
  const { engines, pool } = openUpstreams({
    vault,
    secrets,
    databases: () => current.databases,
    identityToken: providerWord.identityToken,
    clock,
    log,
  });
  const certificates = await openClientCertificates(config, () => tls, log, clock);
  opened.defer(() => certificates?.trust.close());
  const certificateOf = ({ socket }: IncomingMessage) =>
    socket instanceof TLSSocket ? certificates?.door.read(socket) : undefined;
  const authorizationServer = await createAuthorizationServer({
    config: () => current,
    store,
    vault,
    audit,
    clock,
    log: logger,
    pages: oauthPages,
    providerWord,
    doorPort,
    ...(directPasswords === undefined
      ? {}
      : {
          directPasswords: {
            method: directPasswords,
            conclude: (verified, from) =>
              concludeSignIn(directPasswords.name, verified, { ...from, audit, people: store.people, clock }),
          },
        }),
    certificateOf,
  });
  const services: SessionServices = {
    verifyToken: authorizationServer.verifyToken,
    certificateStands: (certificate) => certificates?.trust.stands(certificate) !== false,
    stillAllowed,
    databases: () => current.databases,
    audit,
    pool,
    registry,
    farSessions: new FarSessions(store, gatewayId, clock, log),
    clock,
    log,
  };

  /** Lets what the config says of clients and people count from now on. */
  async function adopt(next: Config): Promise<void> {
    await clients.sync(next);
    await syncConfiguredUsers(next.users, store.people, clock, {
      removed: (person) => revocation.person(person, 'your account was removed', 'config'),
      passwordReplaced: (person) => revocation.browserSessions(person, 'config'),
    });
    current = next;
  }

  async function reload(by: string): Promise<ReloadOutcome> {
    const read = await readConfigAgain(config, env);
    if (read.outcome === 'refused') {
      audit.record({ type: 'gateway', action: 'config_refused', detail: by });
      return read;
    }
    // Connections that are there keep the certificate that they saw.
    tls = read.tls;
    showToBrowsers();
    await adopt(read.config);
    audit.record({ type: 'gateway', action: 'config_reloaded', detail: by });
    pool.closeIdle();
    await registry.recheck(stillAllowed, 'the rules of this database changed');
    return { outcome: 'reloaded' };
  }

  await adopt(config);
  await follower.start();
  opened.defer(() => follower.stop());
  livePeople.start(rereadEveryMs(signInMethods));
  opened.defer(() => livePeople.stop());
  publisher.start();
  opened.defer(() => publisher.stop());
  audit.onFailure(() => void registry.stopAll(new Refusal('audit_unavailable')));
  const pruning = setInterval(() => void pruneStore({ store, audit, clock, log }), pruneMs);
  opened.defer(() => clearInterval(pruning));

  const descriptors = new DescriptorWatch(log, clock);
  descriptors.start();
  opened.defer(() => descriptors.stop());

  for (const engine of Object.values(engines)) {
    const address = config.listen[engine.name];
    if (address === undefined) continue;
    const listener = await listen({
      engine,
      address,
      tls: () => tls.context,
      ...(certificates === undefined ? {} : { certificates: certificates.door }),
      mostConnections,
      couldNotAccept: descriptors.couldNotAccept,
      services,
    });
    opened.defer(() => listener.close());
    listeners.push(listener);
  }
  const app = await createHttpServer({
    config: () => current,
    authorizationServer,
    applications: createApplications({
      config: () => current,
      store,
      registry: clients,
      revocation,
      audit,
      clock,
    }),
    signInMethods,
    providerWord,
    store,
    factors: secondFactors({ store, secrets: vault, clock }),
    passkeys: passkeys({ store, clock, issuer: config.issuer }),
    audit,
    vault,
    clock,
    log: logger,
    health: () => gatewayHealth({ store, follower, audit, listeners }),
    sessions: storedSessionControl(store, audit, clock),
    doorPort,
    ...(config.issuer.startsWith('https:')
      ? { tls: { key: tls.privateKey, cert: tls.certificate, ...certificates?.http } }
      : {}),
    certificateOf: ({ raw }) => certificateOf(raw),
    plugins: [
      queryApi({
        authorizationServer,
        certificateOf: ({ raw }) => certificateOf(raw),
        inProcessDoor: inProcessDoor(engines, services),
        drivers,
        config: () => current,
        reload,
      }),
      scimApi({
        issuer: config.issuer,
        clients: config.scim.map(({ secret, ...client }) => ({
          ...client,
          secret: () => secrets.resolve(secret),
        })),
        store,
        audit,
        clock,
      }),
    ],
  });
  opened.defer(() => app.close());
  function showToBrowsers(): void {
    const { server } = app;
    if (server instanceof TlsServer)
      server.setSecureContext(certificates?.door.tlsOptions() ?? ownTlsOptions(tls));
  }
  certificates?.trust.onChange(() => {
    showToBrowsers();
    const refusal = new Refusal('access_revoked', { reason: 'your certificate was revoked' });
    void registry.stopPermits(
      ({ certificate }) => certificate !== undefined && !certificates.trust.stands(certificate),
      refusal,
    );
  });
  const { http } = config.listen;
  // Fastify's own line says http whatever the door speaks, since the server under it is ours.
  const listenTextResolver = (address: string) =>
    `the HTTP door listens at ${address.replace(/^http:/, new URL(config.issuer).protocol)}`;
  if (http !== undefined) await app.listen({ host: http.host, port: http.port, listenTextResolver });
  app.server.on('error', descriptors.couldNotAccept);

  audit.record({ type: 'gateway', action: 'started' });
  const auditPruning = startAuditPruning({ config: () => current, store, vault, audit, clock, log });
  opened.defer(() => auditPruning.stop());
  const running = opened.move();
  return {
    config,
    tls,
    doors: Object.fromEntries([
      ...listeners.map(({ name, address }) => [name, address] as const),
      ...app
        .addresses()
        .filter((bound) => typeof bound !== 'string')
        .map(({ address, port }) => ['http', { host: address, port }] as const),
    ]),
    reload,
    async close(drainMs) {
      const ended = Promise.all(listeners.map((listener) => listener.close()));
      await Promise.race([ended, delay(drainMs, undefined, { ref: false })]);
      await registry.stopAll(new Refusal('gateway_stopping'));
      await ended;
      pool.close();
      if (!audit.failed) audit.record({ type: 'gateway', action: 'stopped' });
      await running.disposeAsync();
    },
  };
}
