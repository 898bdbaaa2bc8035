import { Server as TlsServer } from 'node:tls';
import type { Config, ListenAddress } from '../config/index.ts';
import type { EngineName } from '../core/index.ts';
import type { InProcessDoor } from '../gateway/index.ts';
import { type QueryApiOptions, queryApi } from '../http/api/index.ts';
import { createHttpServer, type HealthReport, storedSessionControl } from '../http/index.ts';
import { scimApi } from '../http/scim/index.ts';
import { passkeys, secondFactors } from '../identity/index.ts';
import { type AuthorizationServer, createApplications } from '../oauth/index.ts';
import { drivers } from './engine-registry.ts';
import type { GatewayBase } from './open-base.ts';
import { ownTlsOptions } from './open-client-certificates.ts';
import type { SigningIn } from './open-signing-in.ts';

interface Parts extends SigningIn, Pick<QueryApiOptions, 'reload'> {
  readonly base: GatewayBase;
  readonly authorizationServer: AuthorizationServer;
  readonly inProcessDoor: InProcessDoor;
  readonly health: () => Promise<HealthReport>;
  readonly doorPort: (engine: EngineName) => number | undefined;
}

/** The door of browsers and of programs that speak HTTP. */
export interface HttpDoor {
  /** Opens it where the config says so. @throws the system's error when the address cannot be bound */
  open(couldNotAccept: (thrown: unknown) => void): Promise<void>;
  /** As bound; empty while it is shut. */
  addresses(): readonly ListenAddress[];
  /** Shows the certificate in force to connections from now on. */
  showCertificate(): void;
}

/** Makes the HTTP door, shut. */
export async function createHttpDoor(parts: Parts, opened: AsyncDisposableStack): Promise<HttpDoor> {
  const { base, certificates, certificateOf } = parts;
  const { inForce, store, secrets, vault, audit, clock, logger } = base;
  const { issuer } = inForce.config;
  const app = await createHttpServer({
    ...base,
    ...parts,
    log: logger,
    applications: createApplications({ ...base, registry: base.clients }),
    factors: secondFactors({ store, secrets: vault, clock }),
    passkeys: passkeys({ store, clock, issuer }),
    sessions: storedSessionControl(store, audit, clock),
    ...(issuer.startsWith('https:') && {
      tls: { key: inForce.tls.privateKey, cert: inForce.tls.certificate, ...certificates?.http },
    }),
    certificateOf: ({ raw }) => certificateOf(raw),
    plugins: [
      queryApi({
        ...parts,
        config: base.config,
        drivers,
        certificateOf: ({ raw }) => certificateOf(raw),
      }),
      scimApi({ ...base, issuer, clients: scimClients(inForce.config, secrets) }),
    ],
  });
  opened.defer(() => app.close());
  return {
    async open(couldNotAccept) {
      const { http } = inForce.config.listen;
      // Fastify's own line says http whatever the door speaks, since the server under it is ours.
      const listenTextResolver = (address: string) =>
        `the HTTP door listens at ${address.replace(/^http:/, new URL(issuer).protocol)}`;
      if (http !== undefined) await app.listen({ host: http.host, port: http.port, listenTextResolver });
      app.server.on('error', couldNotAccept);
    },
    addresses: () =>
      app
        .addresses()
        .filter((bound) => typeof bound !== 'string')
        .map(({ address, port }) => ({ host: address, port })),
    showCertificate() {
      const { server } = app;
      if (server instanceof TlsServer)
        server.setSecureContext(certificates?.door.tlsOptions() ?? ownTlsOptions(inForce.tls));
    },
  };
}

function scimClients({ scim }: Config, secrets: GatewayBase['secrets']) {
  return scim.map(({ secret, ...client }) => ({ ...client, secret: () => secrets.resolve(secret) }));
}
