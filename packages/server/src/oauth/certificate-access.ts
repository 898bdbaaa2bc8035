import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.ts';
import { type ClientCertificate, type Clock, type Principal, principalId } from '../core/index.ts';
import { principalOf, principalOfCertificate } from '../identity/index.ts';
import type { Store } from '../store/index.ts';
import { askedDatabase } from './asked-database.ts';
import type { AskedAtDoor, TokenVerdict } from './authorization-server.ts';
import { certificateClient } from './client-registry.ts';

/** The last time that somebody was seen is kept to the minute: a pool's connections would all write it. */
const seenEveryMs = 60_000;

/**
 * Takes a client certificate in place of an access token. As with the token of a provider, it stands for what its holder
 * may do here, it acts as a built-in client, {@link certificateClient}, and each session asks again.
 */
export function certificateAccess(
  config: () => Config,
  store: Pick<Store, 'people' | 'clients'>,
  clock: Clock,
): (certificate: ClientCertificate, asked: AskedAtDoor) => Promise<TokenVerdict> {
  async function admitted(principal: Principal): Promise<boolean> {
    const id = principalId(principal);
    const known = await store.people.get(id);
    if (known?.disabled) return false;
    const { displayName, groups, claims } = principal;
    const isFresh = (known?.lastSignInAt ?? 0) > clock.now() - seenEveryMs;
    if (known === undefined || !isFresh || !isDeepStrictEqual(principalOf(known), principal))
      await store.people.seen({ id, displayName, groups, claims }, clock.now());
    return true;
  }

  return async (certificate, asked) => {
    const method = config().signIn.find(({ kind }) => kind === 'certificate');
    if (method?.kind !== 'certificate') return { outcome: 'invalid', reason: 'not_by_certificate' };
    const reading = principalOfCertificate(method, certificate);
    if (reading.outcome === 'nobody')
      return { outcome: 'invalid', reason: 'not_by_certificate', detail: reading.detail };
    const client = await store.clients.get(certificateClient);
    if (client === undefined || client.disabled) return { outcome: 'invalid', reason: 'client_disabled' };
    if (!(await admitted(reading.principal))) return { outcome: 'invalid', reason: 'person_disabled' };
    const place = askedDatabase(asked, config().databases);
    if (place === undefined) return { outcome: 'invalid', reason: 'no_database_named' };
    return {
      outcome: 'valid',
      token: {
        tokenHash: certificate.thumbprint,
        principal: reading.principal,
        clientId: certificateClient,
        consentId: principalId(reading.principal),
        database: place.database.name,
        roles: place.roles,
        scopes: [],
        expiresAt: Number.POSITIVE_INFINITY,
        certificate,
      },
    };
  };
}
