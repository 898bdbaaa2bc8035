import type { Config } from '../config/index.ts';
import { type Clock, hashSecret, type Principal } from '../core/index.ts';
import { principalOf } from '../identity/index.ts';
import type { Person, Store, StoredArtifact } from '../store/index.ts';
import { workloadId, workloadPrincipal } from './accounts.ts';
import type { TokenVerdict } from './authorization-server.ts';
import type { ProviderWord } from './provider-word/index.ts';
import { proofInClaims } from './sign-in-proof.ts';
import { type StoredToken, storedToken } from './stored-token.ts';
import { tokenAccess } from './token-access.ts';

type Reason = Extract<TokenVerdict, { outcome: 'invalid' }>['reason'];

/**
 * Verifies access tokens, by their hash, against the store, each time anew: a token is refused from the moment at which it, its
 * consent, its client or its person ends. Costs one look-up by hash and then three by key, at once.
 */
export function tokenVerifier(
  config: () => Config,
  store: Pick<Store, 'artifacts' | 'people' | 'clients'>,
  clock: Clock,
  providerWord?: Pick<ProviderWord, 'renew'>,
): (tokenHash: string) => Promise<TokenVerdict> {
  return async (tokenHash) => {
    const stored = await store.artifacts.find('AccessToken', tokenHash);
    if (stored === undefined) return invalid('unknown');
    const read = storedToken(stored);
    if (read === undefined) return invalid('unknown');
    const { clientId, expiresAt, scope, boundTo } = read;
    if (expiresAt <= clock.now()) return invalid('expired');

    const [client, bearer] = await Promise.all([store.clients.get(clientId), bearerOf(stored, read)]);
    if (client === undefined || client.disabled) return invalid('client_disabled');
    if (bearer.outcome === 'gone') return invalid(bearer.reason);
    const access = tokenAccess(config(), read);
    if (access === undefined) return invalid('no_database');
    return {
      outcome: 'valid',
      token: {
        tokenHash,
        principal: bearer.outcome === 'person' ? bearer.principal : workloadPrincipal(client),
        proof: bearer.outcome === 'person' ? proofInClaims(read.extra) : undefined,
        clientId,
        consentId: bearer.outcome === 'person' ? bearer.consentId : workloadId(clientId),
        database: access.database.name,
        roles: access.roles,
        scopes: scope?.split(' ') ?? [],
        ...(boundTo !== undefined && { boundTo }),
        expiresAt,
      },
    };
  };

  /** The person with the groups that their provider gives them now, or gave them within the configured time. */
  async function personNow(personId: string): Promise<Person | undefined> {
    await providerWord?.renew(personId);
    return store.people.get(personId);
  }

  /** Whose token it is. A person's token needs its consent: one that was issued while it was revoked has none. */
  async function bearerOf(stored: StoredArtifact, { clientId, isWorkload }: StoredToken): Promise<Bearer> {
    const { accountId, grantId } = stored;
    if (isWorkload) return { outcome: 'workload' };
    if (accountId === undefined || grantId === undefined) return { outcome: 'gone', reason: 'unknown' };
    const [person, consent] = await Promise.all([
      personNow(accountId),
      store.artifacts.find('Grant', hashSecret(grantId)),
    ]);
    if (consent?.accountId !== accountId || consent.clientId !== clientId)
      return { outcome: 'gone', reason: 'unknown' };
    if (person === undefined || person.disabled) return { outcome: 'gone', reason: 'person_disabled' };
    return { outcome: 'person', principal: principalOf(person), consentId: grantId };
  }
}

type Bearer =
  | { readonly outcome: 'person'; readonly principal: Principal; readonly consentId: string }
  | { readonly outcome: 'workload' }
  | { readonly outcome: 'gone'; readonly reason: Reason };

function invalid(reason: Reason): TokenVerdict {
  return { outcome: 'invalid', reason };
}
