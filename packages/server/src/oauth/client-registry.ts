import type { Config, ConfiguredClient } from '../config/index.ts';
import { type Clock, hashSecret, newId, newUuid, Refusal, Secret } from '../core/index.ts';
import type { RegisteredClient, Store } from '../store/index.ts';
import type { SecretSource } from '../vault/index.ts';
import { certificateAuthentication } from './certificate-authentication.ts';
import { clientFacts } from './client-facts.ts';
import {
  assertRegistration,
  type ClientRegistration,
  clientMetadata,
  deviceCodeGrant,
  jwtBearerGrant,
  tokenExchangeGrant,
} from './client-metadata.ts';
import type { Revoker } from './revoker.ts';

/** Clients that are there from the start, and those that an operator registers. */
export interface ClientRegistry {
  /**
   * Brings the store in line with the built-in clients and with the config. A client that left the config is
   * removed, and everything that it may do ends. Stopped half-way, the next sync goes on with it.
   * @throws Error when a secret reference cannot be resolved, or an id is one of ours; then nothing was changed
   */
  sync(config: Config): Promise<void>;
  /**
   * Registers an application, for an operator if nothing else is said. The secret is given once and kept as a hash.
   * @throws Refusal `request_invalid`
   */
  register(
    registration: ClientRegistration,
    origin?: RegisteredClient['origin'],
  ): Promise<{ readonly clientId: string; readonly secret?: Secret }>;
  /**
   * Gives a client a new secret; the others stay valid for `overlapMs` more.
   * @throws Refusal `request_invalid` for a client that is unknown, public, or kept in the config
   */
  rotateSecret(clientId: string, overlapMs: number): Promise<Secret>;
}

/** The client of the command line tool. Its consent may be reused, as it is the gateway's own. */
export const commandLineClient = 'grantway-cli';

/** Stands for the application in the sessions of people who show their provider's token at a door. */
export const providerTokenClient = 'provider-token';
/** The same for people who give their directory password at a door. */
export const directoryPasswordClient = 'directory-password';
/** Stands for the application in the sessions of whoever a client certificate signs in. */
export const certificateClient = 'certificate';
/** The client of programs that exchange a token of their platform: what they prove is in that token. */
const workloadClient = 'workload';

const native = { application_type: 'native', token_endpoint_auth_method: 'none' } as const;

const noBrowser = { redirect_uris: [], response_types: [] };

const builtin: readonly Pick<RegisteredClient, 'id' | 'metadata'>[] = [
  {
    id: commandLineClient,
    metadata: {
      ...native,
      client_name: 'Grantway command line',
      redirect_uris: [
        'http://127.0.0.1/callback',
        'http://[::1]/callback',
        'http://127.0.0.1/',
        'http://[::1]/',
      ],
      grant_types: ['authorization_code', 'refresh_token', deviceCodeGrant, tokenExchangeGrant],
      response_types: ['code'],
    },
  },
  {
    id: providerTokenClient,
    metadata: { ...native, client_name: 'A token of the identity provider', ...noBrowser, grant_types: [] },
  },
  {
    id: directoryPasswordClient,
    metadata: { ...native, client_name: 'A directory password', ...noBrowser, grant_types: [] },
  },
  {
    id: certificateClient,
    metadata: { ...native, client_name: 'A client certificate', ...noBrowser, grant_types: [] },
  },
  {
    id: workloadClient,
    metadata: {
      ...native,
      client_name: 'Workloads',
      ...noBrowser,
      grant_types: [tokenExchangeGrant, jwtBearerGrant],
    },
  },
  {
    id: 'psql',
    metadata: {
      ...native,
      client_name: 'psql',
      ...noBrowser,
      grant_types: [deviceCodeGrant],
    },
  },
];

/** See {@link ClientRegistry}. */
export function createClientRegistry(
  store: Pick<Store, 'clients'>,
  secrets: SecretSource,
  revoker: Revoker,
  clock: Clock,
): ClientRegistry {
  const { clients } = store;

  async function keepSecret(clientId: string, secret: Secret, overlapMs: number): Promise<void> {
    const now = clock.now();
    await clients.addSecret(clientId, hashSecret(secret.reveal()), now + overlapMs, now);
  }

  async function readClient({ certificate, secret, ...described }: ConfiguredClient) {
    const { id } = described;
    if (builtin.some((ours) => ours.id === id))
      throw new Error(`The client id ${id} is built in: give the client in the config another one.`);
    const metadata = clientMetadata({
      ...described,
      confidential: secret !== undefined,
      ...(certificate !== undefined && { certificate: await certificateAuthentication(certificate) }),
    });
    return { id, metadata, secret: secret === undefined ? undefined : await secrets.resolve(secret) };
  }

  return {
    async sync(config) {
      // All of the config before any of it counts: a secret that cannot be read leaves every client as it was.
      const configured = await Promise.all(config.clients.map(readClient));
      for (const { id, metadata } of builtin)
        await clients.put({ id, origin: 'builtin', metadata }, clock.now());
      for (const { id, metadata, secret } of configured) {
        await clients.put({ id, origin: 'config', metadata }, clock.now());
        if (secret === undefined) continue;
        const valid = await clients.secrets(id, clock.now());
        // The file is the truth: what it does not name any more is not accepted any more.
        if (valid.length !== 1 || valid[0] !== hashSecret(secret.reveal())) await keepSecret(id, secret, 0);
      }
      const ids = new Set(configured.map(({ id }) => id));
      for (const { id, origin } of await clients.list()) {
        if (origin !== 'config' || ids.has(id)) continue;
        // It goes last: who stopped before it still finds what has to end.
        await clients.disable(id);
        await revoker.client(id, 'the application was removed', 'operator');
        await clients.remove(id);
      }
    },

    async register(registration, origin = 'command') {
      assertRegistration(registration);
      const clientId = newUuid();
      await clients.put({ id: clientId, origin, metadata: clientMetadata(registration) }, clock.now());
      if (!registration.confidential) return { clientId };
      const secret = newClientSecret();
      await keepSecret(clientId, secret, 0);
      return { clientId, secret };
    },

    async rotateSecret(clientId, overlapMs) {
      await assertSecretOfOurs(clients, clientId);
      const secret = newClientSecret();
      await keepSecret(clientId, secret, overlapMs);
      return secret;
    },
  };
}

/**
 * Sees to it that the secret of a client is one that was made here, before anybody records that it is another now.
 * @throws Refusal `request_invalid` for a client that is unknown, public, or kept in the config
 */
export async function assertSecretOfOurs(clients: Store['clients'], clientId: string): Promise<void> {
  const client = await clients.get(clientId);
  if (client === undefined || clientFacts(client).authentication === 'none')
    throw new Refusal('request_invalid', {
      what: 'There is no client with a secret under this id. `grantway clients list` says which there are.',
    });
  if (client.origin === 'config')
    throw new Refusal('request_invalid', {
      what: 'This client is in the config file: change its secret there.',
    });
}

/** `gws_` and 256 random bits. */
export function newClientSecret(): Secret {
  return new Secret(newId('gws_'));
}
