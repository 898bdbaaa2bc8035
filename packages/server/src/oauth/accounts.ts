import type { FindAccount } from 'oidc-provider';
import type { Config } from '../config/index.ts';
import { type Clock, type Principal, principalId } from '../core/index.ts';
import { principalOf } from '../identity/index.ts';
import type { RegisteredClient, Store } from '../store/index.ts';
import { clientFacts } from './client-facts.ts';
import type { ProviderWord } from './provider-word/index.ts';

/** A client that acts for itself: it has no groups, so only rules that name it (or everyone) let it in. */
export function workloadPrincipal(client: RegisteredClient): Principal {
  return {
    method: 'client',
    subject: client.id,
    displayName: clientName(client),
    groups: [],
    claims: {},
  };
}

/** The principal id of a client that acts for itself; also stands where its tokens need a consent's id. */
export function workloadId(clientId: string): string {
  return principalId({ method: 'client', subject: clientId });
}

/** What pages and records call a client. */
export function clientName(client: RegisteredClient): string {
  return clientFacts(client).name;
}

/** Somebody who may act now; undefined for a person who is unknown or disabled. */
export async function activePrincipal(
  store: Pick<Store, 'people'>,
  personId: string,
): Promise<Principal | undefined> {
  const person = await store.people.get(personId);
  return person === undefined || person.disabled ? undefined : principalOf(person);
}

interface AccountParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'people'>;
  readonly clock: Clock;
  readonly providerWord?: Pick<ProviderWord, 'renew'>;
}

/**
 * Somebody who may start or renew something now: active, of a sign-in method that is still configured, and with a
 * word of the provider that still counts. So whoever a provider takes out of a group loses the role at the latest
 * `signInEvery` later, whatever tokens are out.
 */
export async function freshPrincipal(
  { config, store, clock }: AccountParts,
  personId: string,
): Promise<Principal | undefined> {
  const person = await store.people.get(personId);
  if (person === undefined || person.disabled) return undefined;
  const principal = principalOf(person);
  const method = config().signIn.find(({ name }) => name === principal.method);
  // Who a certificate names shows it anew each time, and holds no tokens that could be renewed.
  if (method === undefined || method.kind === 'certificate') return undefined;
  // What local people are is kept here; nobody else needs to be asked.
  if (method.kind === 'local') return principal;
  const counts = (person.heardAt ?? 0) + method.signInEveryMs > clock.now();
  return counts ? principal : undefined;
}

/**
 * How the library asks about people: for the claims of ID tokens and userinfo, and whether they may still act. It asks
 * when a session, a code or a token has proved them; `proven` is called then, and may refuse. Where a token is renewed
 * their provider is asked first, so that whoever was taken out of a group there loses the role with this very step.
 */
export function accountFinder(parts: AccountParts, proven: (personId: string) => Promise<void>): FindAccount {
  return async (ctx, sub) => {
    await proven(sub);
    const renews = ctx.oidc.route === 'token' && ctx.oidc.params?.grant_type === 'refresh_token';
    await parts.providerWord?.renew(sub, renews ? 0 : undefined);
    const principal = await freshPrincipal(parts, sub);
    if (principal === undefined) return undefined;
    return {
      accountId: sub,
      claims: () => ({ sub, name: principal.displayName, groups: [...principal.groups] }),
    };
  };
}
