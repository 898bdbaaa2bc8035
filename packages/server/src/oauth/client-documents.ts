import { type Client, type ClientMetadata, type Configuration, errors } from 'oidc-provider';
import type { Config } from '../config/index.ts';
import { type Clock, network, Refusal } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import {
  assertClientName,
  assertRedirectUris,
  deviceCodeGrant,
  guessedApplicationType,
  isLoopbackUri,
  ownMetadata,
} from './client-metadata.ts';
import type { FetchDocument } from './fetch-document.ts';
import { assertRedirectHosts } from './registration-policy.ts';
import { boundSelfRegistration } from './self-registration-bound.ts';
import { textsIn } from './texts-in.ts';

/** What a document may say; everything else in it is passed over, above all addresses and keys. */
const read = [
  'client_id',
  'client_name',
  'redirect_uris',
  'grant_types',
  'response_types',
  'token_endpoint_auth_method',
] as const;
const grants = ['authorization_code', 'refresh_token', deviceCodeGrant];

/** Documents that are fetched for one address, so that we are nobody's tool against another site. */
const fetchLimit = { documents: 60, windowMs: 10 * 60_000 };
const longestId = 500;

/** The library's settings for clients whose id is the address of a document about them. */
export interface ClientDocuments {
  readonly feature: NonNullable<NonNullable<Configuration['features']>['clientIdMetadataDocument']>;
  /** In place of the library's own fetch. */
  readonly fetch: NonNullable<Configuration['fetch']>;
}

interface DocumentParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'clients' | 'attempts'>;
  readonly fetchDocument: FetchDocument;
  readonly clock: Clock;
}

/**
 * Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document-02): the library reads and keeps them;
 * here is who may have one fetched, what of it counts, and that the store knows the client, so that it is listed,
 * disabled and approved like every other.
 */
export function clientDocuments({ config, store, fetchDocument, clock }: DocumentParts): ClientDocuments {
  return {
    feature: {
      enabled: config().registration.metadataDocuments === true,
      ack: 'draft-02',
      cacheDuration: { min: 60, max: 3_600 },

      async allowFetch(ctx, clientId) {
        if (clientId.length > longestId || !isHostAllowed(config(), clientId)) return false;
        const known = await store.clients.get(clientId);
        if (known?.disabled) return false;
        const { count } = await store.attempts.add(
          `client-document:${network(ctx.ip)}`,
          fetchLimit.windowMs,
          clock.now(),
        );
        return count <= fetchLimit.documents;
      },

      async allowClient(_ctx, client) {
        const known = await store.clients.get(client.clientId);
        if (known?.disabled) return false;
        const metadata = keptMetadata(client);
        if (JSON.stringify(known?.metadata) === JSON.stringify(metadata)) return true;
        if (known === undefined) await boundSelfRegistration(store.clients, clock);
        const given = { id: client.clientId, origin: 'document', metadata } as const;
        // What is approved is the address: its owner may go on changing the document.
        if (known === undefined && config().registration.approvedBy !== undefined)
          await store.clients.putWaiting(given, clock.now());
        else await store.clients.put(given, clock.now());
        return true;
      },
    },

    async fetch(input, init) {
      const signal = init?.signal ?? AbortSignal.timeout(2_500);
      const { status, headers, body } = await fetchDocument(String(input), signal);
      if (status !== 200) return new Response(undefined, { status: status < 200 ? 502 : status });
      if (!/^application\/([\w.+-]+\+)?json\b/i.test(headers['content-type'] ?? ''))
        throw new Error('the document is not JSON');
      return new Response(JSON.stringify(readDocument(JSON.parse(body))), {
        headers: { 'cache-control': headers['cache-control'] ?? '' },
      });
    },
  };
}

/** What counts of a document, marked as one, which its author cannot write. */
function readDocument(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  const given = document as Readonly<Record<string, unknown>>;
  const kept = Object.fromEntries(read.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
  const offered = kept.grant_types;
  return {
    ...kept,
    // Shared secrets are what the library refuses by itself, when it is told of them.
    ...('client_secret' in given && { client_secret: '' }),
    token_endpoint_auth_method: kept.token_endpoint_auth_method ?? 'none',
    grant_types: Array.isArray(offered)
      ? offered.filter((grant) => grants.includes(grant))
      : ['authorization_code', 'refresh_token'],
    application_type: guessedApplicationType(textsIn(kept.redirect_uris)),
    [ownMetadata.origin]: 'document',
  };
}

/**
 * Checks what a document says: its redirect URIs lead to the place that it comes from, or to the person's own machine.
 * @throws errors.InvalidClientMetadata
 */
export function checkDocument(config: Pick<Config, 'registration'>, metadata: ClientMetadata): void {
  const redirectUris = textsIn(metadata.redirect_uris);
  const origin = URL.parse(metadata.client_id)?.origin;
  const elsewhere = redirectUris.find((uri) => !isLoopbackUri(uri) && URL.parse(uri)?.origin !== origin);
  if (elsewhere !== undefined)
    throw new errors.InvalidClientMetadata(
      'redirect_uris of a metadata document must be of its own origin, or on the person’s own machine',
    );
  try {
    assertClientName(String(metadata.client_name ?? 'unnamed'));
    assertRedirectUris(redirectUris);
    assertRedirectHosts(config, redirectUris);
  } catch (thrown) {
    if (thrown instanceof Refusal) throw new errors.InvalidClientMetadata(thrown.message);
    throw thrown;
  }
}

/** The hosts that clients may lead to are those that their documents may lie on. */
function isHostAllowed(config: Config, clientId: string): boolean {
  try {
    assertRedirectHosts(config, [clientId]);
    return true;
  } catch {
    return false;
  }
}

function keptMetadata(client: Client): Readonly<Record<string, unknown>> {
  return {
    client_name: client.clientName ?? new URL(client.clientId).host,
    application_type: client.applicationType,
    redirect_uris: client.redirectUris ?? [],
    grant_types: client.grantTypes ?? [],
    response_types: client.responseTypes ?? [],
    token_endpoint_auth_method: client.clientAuthMethod,
  };
}
