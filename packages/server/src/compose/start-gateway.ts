import type { Logger } from 'pino';
import type { Config, Environment, ListenAddress } from '../config/index.ts';
import type { EngineName } from '../core/index.ts';
import { inProcessDoor, type Listener, type SessionServices, type TlsIdentity } from '../gateway/index.ts';
import type { ReloadOutcome } from '../http/api/index.ts';
import { adoptConfig } from './adopt-config.ts';
import { startAuditPruning } from './audit-pruning.ts';
import { gatewayHealth } from './gateway-health.ts';
import { createHttpDoor } from './http-door.ts';
import { keepHouse } from './keep-house.ts';
import { liveSessions, watchLiveSessions } from './live-sessions.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { openAuthorizationServer } from './open-authorization-server.ts';
import { openBase } from './open-base.ts';
import { openSigningIn } from './open-signing-in.ts';
import { openUpstreams } from './open-upstreams.ts';
import { openWireDoors } from './open-wire-doors.ts';
import { reloadConfig } from './reload-config.ts';
import { stopGateway } from './stop-gateway.ts';
import { followWithdrawnCertificates } from './withdrawn-certificates.ts';

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
export async function startGateway(config: Config, { env, logger }: GatewayOptions): Promise<Gateway> {
  await using opened = new AsyncDisposableStack();
  let listeners: readonly Listener[] = [];
  const doorPort = (engine: EngineName) => listeners.find(({ name }) => name === engine)?.address.port;

  const base = await openBase(config, logger, opened);
  const { inForce, audit } = base;
  const live = liveSessions(base);
  const signingIn = await openSigningIn(base, opened);
  const { certificates } = signingIn;
  const { engines, pool } = openUpstreams(base, signingIn.providerWord.identityToken);
  const authorizationServer = await openAuthorizationServer(base, signingIn, doorPort);
  const services: SessionServices = {
    ...base,
    ...live,
    databases: () => inForce.config.databases,
    verifyToken: authorizationServer.verifyToken,
    certificateStands: (certificate) => certificates?.trust.stands(certificate) !== false,
    pool,
  };

  await adoptConfig(config, base);
  await watchLiveSessions(live, base, signingIn, opened);
  const { couldNotAccept } = keepHouse(base, authorizationServer, opened);

  // Of two at once, a signal and a call, the one that read the older file must not come to count last.
  const reload = oneAtATime((by: string) => {
    const { showCertificate } = http;
    return reloadConfig(by, { ...live, base, started: config, env, pool, showCertificate });
  });
  listeners = await openWireDoors({ engines, inForce, certificates, services, couldNotAccept }, opened);
  const http = await createHttpDoor(
    {
      ...signingIn,
      base,
      authorizationServer,
      inProcessDoor: inProcessDoor(engines, services),
      health: () => gatewayHealth({ ...base, ...live, listeners }),
      doorPort,
      reload,
    },
    opened,
  );
  followWithdrawnCertificates(certificates, live.registry, http);
  await http.open(couldNotAccept);

  audit.record({ type: 'gateway', action: 'started' });
  const auditPruning = startAuditPruning(base);
  opened.defer(() => auditPruning.stop());
  const running = opened.move();
  return {
    config,
    tls: inForce.tls,
    doors: Object.fromEntries([
      ...listeners.map(({ name, address }) => [name, address] as const),
      ...http.addresses().map((address) => ['http', address] as const),
    ]),
    reload,
    close: (drainMs) => stopGateway(drainMs, { listeners, registry: live.registry, pool, audit, running }),
  };
}
