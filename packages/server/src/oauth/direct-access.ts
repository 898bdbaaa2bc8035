import { type Config, workloadMethod } from '../config/index.ts';
import { type Clock, hashSecret, type Principal, principalId, type Secret } from '../core/index.ts';
import { principalOf, type SignedClaims, subjectOfToken, type TokenProof } from '../identity/index.ts';
import type { Store } from '../store/index.ts';
import { askedDatabase } from './asked-database.ts';
import type { AskedAtDoor, TokenVerdict } from './authorization-server.ts';
import { providerTokenClient } from './client-registry.ts';

interface DirectAccessParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'people' | 'clients'>;
  readonly clock: Clock;
  readonly trusted: (token: Secret) => Promise<TokenProof>;
}

/**
 * Takes a token that a provider signed for one of our people in place of an access token. It stands for what the person
 * may do here, and it acts as the built-in client {@link providerTokenClient}, so that an administrator can switch the
 * whole way off. Each session asks again, so a person who is disabled is out at once, as with tokens of our own.
 */
export function directAccess({
  config,
  store,
  clock,
  trusted,
}: DirectAccessParts): (token: Secret, asked: AskedAtDoor) => Promise<TokenVerdict> {
  return async (token, asked) => {
    const proof = await trusted(token);
    if (proof.outcome === 'refused') {
      const reason = proof.reason === 'unavailable' ? 'provider_unavailable' : proof.reason;
      return { outcome: 'invalid', reason, detail: proof.detail };
    }
    const { signed } = proof;
    const subject = subjectOfToken(signed, config(), clock.now());
    if (subject.outcome === 'nobody')
      return { outcome: 'invalid', reason: 'not_genuine', detail: subject.detail };
    // What a platform hands to every job of somebody is no password; the token endpoint exchanges it by rule.
    if (subject.is === 'workload')
      return { outcome: 'invalid', reason: 'not_genuine', detail: 'a workload exchanges its token first' };
    const client = await store.clients.get(providerTokenClient);
    if (client === undefined || client.disabled) return { outcome: 'invalid', reason: 'client_disabled' };

    const principal = await asLastSeen(subject.principal, signed, store, clock);
    if (principal === 'disabled') return { outcome: 'invalid', reason: 'person_disabled' };
    const place = askedDatabase(asked, config().databases);
    if (place === undefined) return { outcome: 'invalid', reason: 'no_database_named' };
    return {
      outcome: 'valid',
      token: {
        tokenHash: hashSecret(token.reveal()),
        principal,
        clientId: providerTokenClient,
        consentId: principalId(principal),
        database: place.database.name,
        roles: place.roles,
        scopes: [],
        proof: subject.proof,
        expiresAt: signed.expiresAt * 1000,
      },
    };
  };
}

/**
 * The person as the newest word of the provider has them: what this token says, unless they signed in after it was
 * made. An old token must not bring back a group that was taken away since. What a workload is, the config says, and so
 * says it now, however old the token.
 */
export async function asLastSeen(
  principal: Principal,
  signed: SignedClaims,
  store: Pick<Store, 'people'>,
  clock: Clock,
): Promise<Principal | 'disabled'> {
  const id = principalId(principal);
  const known = await store.people.get(id);
  if (known?.disabled) return 'disabled';
  const isWorkload = principal.method === workloadMethod;
  const saidAt = isWorkload ? clock.now() : Math.min(signed.issuedAt * 1000, clock.now());
  const knownSince = known?.heardAt ?? Number.NEGATIVE_INFINITY;
  if (known !== undefined && !isWorkload && knownSince > saidAt) return principalOf(known);
  const { displayName, groups, claims } = principal;
  if (isWorkload || knownSince < saidAt) await store.people.seen({ id, displayName, groups, claims }, saidAt);
  return principal;
}
