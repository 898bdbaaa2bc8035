import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Audit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { type Clock, hashSecret, newId } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { clientFacts } from './client-facts.ts';
import { ownMetadata } from './client-metadata.ts';
import { clientStanding, inTestMode } from './client-standing.ts';
import { boundSelfRegistration } from './self-registration-bound.ts';

/**
 * The library insists on a secret for clients that have one, to compare it in clear. It never has ours, which are
 * stored as hashes (see `client-secrets.ts`): this stands in, and nobody knows it.
 */
const noSecret = newId();

/** Answers the library's `Client` model from `store.clients`. A disabled client is an unknown one. */
export function clientAdapter(
  store: Pick<Store, 'clients' | 'applications'>,
  registration: () => Config['registration'],
  audit: Audit,
  clock: Clock,
): Adapter {
  const refused = async (): Promise<never> => {
    throw new Error('clients are found by their id alone, and are not removed over OAuth');
  };
  return {
    async find(id) {
      const client = await store.clients.get(id);
      if (client === undefined || client.disabled) return undefined;
      // A metadata document is read again where it lies, by the library's own rules for keeping it.
      if (client.origin === 'document') return undefined;
      const { testMode } = await clientStanding(store, client);
      return {
        ...(testMode ? inTestMode(client) : client.metadata),
        client_id: id,
        [ownMetadata.origin]: client.origin,
        ...(clientFacts(client).authentication === 'secret' && {
          client_secret: noSecret,
        }),
      } satisfies AdapterPayload;
    },

    /** Called for a registration over HTTP (RFC 7591) alone. */
    async upsert(id, payload) {
      const { client_id: _, client_secret: secret, client_secret_expires_at: __, ...metadata } = payload;
      if ((await store.clients.get(id)) !== undefined) throw new errors.InvalidRequest('this client exists');
      await boundSelfRegistration(store.clients, clock);
      await audit.recordDurably({
        type: 'admin',
        action: 'client_registered',
        target: id,
        by: 'registration',
        detail: String(metadata.client_name ?? ''),
        ...(Provider.ctx !== undefined && { remoteAddress: Provider.ctx.ip }),
      });
      const client = { id, origin: 'registration', metadata: { ...metadata } } as const;
      // Nobody is its developer, so while it waits nobody can let it in.
      if (registration().approvedBy === undefined) await store.clients.put(client, clock.now());
      else await store.clients.putWaiting(client, clock.now());
      if (typeof secret === 'string')
        await store.clients.addSecret(id, hashSecret(secret), clock.now(), clock.now());
    },

    findByUid: refused,
    findByUserCode: refused,
    consume: refused,
    destroy: refused,
    revokeByGrantId: refused,
  };
}
