import type Provider from 'oidc-provider';
import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../audit/index.ts';
import { newUuid } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { clientName } from './accounts.ts';
import type { ConsentSummary } from './authorization-server.ts';
import { clientFacts } from './client-facts.ts';
import { commandLineClient } from './client-registry.ts';
import { clientStanding } from './client-standing.ts';
import { endSurplusConsents } from './end-surplus-consents.ts';
import type { Revoker } from './revoker.ts';
import { identityScopes } from './scopes.ts';
import { consentedScopes, consentIdOf } from './stored-consent.ts';

/** What a consent covers: scopes about the person, and scopes by the resource that they belong to. */
export interface ConsentScope {
  readonly identity: readonly string[];
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

/** A consent is the library's grant: one (person, client) with the scopes that the person allowed. */
export interface Consents {
  /**
   * Whether the person need not be asked: gives the consent to go on with, or undefined. A client that a stranger
   * registered, and a program on the person's machine that is not our own, are always asked about (RFC 8252,
   * section 8.6: anybody can pretend to be such a client).
   */
  existing(ctx: KoaContextWithOIDC): Promise<Grant | undefined>;
  /** Records the person's approval durably, and only then makes it. @throws Refusal `audit_unavailable` */
  allow(consent: NewConsent): Promise<string>;
  list(personId: string): Promise<readonly ConsentSummary[]>;
}

interface NewConsent {
  readonly personId: string;
  readonly clientId: string;
  readonly granted: ConsentScope;
  /** Asked for and not possible for this person: remembered, so that the same request is not asked again at once. */
  readonly rejected: ConsentScope;
  readonly remoteAddress: string;
}

/** See {@link Consents}. */
export function createConsents(
  provider: () => Provider,
  store: Pick<Store, 'artifacts' | 'clients' | 'applications' | 'sessions'>,
  revoker: Pick<Revoker, 'consent'>,
  audit: Audit,
): Consents {
  async function mayBeReused(ctx: KoaContextWithOIDC): Promise<boolean> {
    const id = ctx.oidc.client?.clientId;
    const client = id === undefined ? undefined : await store.clients.get(id);
    if (client === undefined || !(await clientStanding(store, client)).verified) return false;
    return client.id === commandLineClient || !clientFacts(client).native;
  }

  async function allow(consent: NewConsent): Promise<string> {
    const { personId, clientId, granted, rejected } = consent;
    const grant = new (provider().Grant)({ accountId: personId, clientId });
    grant.jti = newUuid();
    if (granted.identity.length > 0) grant.addOIDCScope([...granted.identity]);
    if (rejected.identity.length > 0) grant.rejectOIDCScope([...rejected.identity]);
    for (const [resource, scopes] of Object.entries(granted.resources))
      grant.addResourceScope(resource, [...scopes]);
    for (const [resource, scopes] of Object.entries(rejected.resources))
      grant.rejectResourceScope(resource, [...scopes]);
    await audit.recordDurably({
      type: 'consent',
      outcome: 'allowed',
      scopes: [...granted.identity, ...Object.values(granted.resources).flat()],
      person: personId,
      client: clientId,
      consent: grant.jti,
      remoteAddress: consent.remoteAddress,
    });
    const id = await grant.save();
    await endSurplusConsents(store, revoker, id, { accountId: personId, clientId });
    return id;
  }

  return {
    async existing(ctx) {
      const { session, client, result } = ctx.oidc;
      const decided = result?.consent?.grantId;
      if (decided !== undefined) return provider().Grant.find(decided);
      const personId = session?.accountId;
      if (personId === undefined || client === undefined) return undefined;
      if (ctx.oidc.promptPending('login') || ctx.oidc.prompts.has('consent')) return undefined;
      if (!(await mayBeReused(ctx))) return undefined;
      const wanted = wantedBy(ctx);
      // A browser session keeps to its own consent, so that signing a program out elsewhere leaves this one alone.
      const own = session?.grantIdFor(client.clientId);
      const current = own === undefined ? undefined : await provider().Grant.find(own);
      if (current !== undefined && covers(current, wanted)) return current;
      for (const earlier of await store.artifacts.list('Grant', {
        accountId: personId,
        clientId: client.clientId,
      })) {
        const grant = await provider().Grant.find(consentIdOf(earlier));
        if (grant === undefined || !covers(grant, wanted)) continue;
        const id = await allow({
          personId,
          clientId: client.clientId,
          granted: wanted,
          rejected: { identity: [], resources: {} },
          remoteAddress: ctx.ip,
        });
        return provider().Grant.find(id);
      }
      return undefined;
    },

    allow,

    async list(personId) {
      const grants = await store.artifacts.list('Grant', { accountId: personId });
      const summaries = await Promise.all(
        grants.map(async (grant): Promise<ConsentSummary | undefined> => {
          const client = await store.clients.get(grant.clientId ?? '');
          if (client === undefined) return undefined;
          const { logo } = await clientStanding(store, client);
          return {
            id: consentIdOf(grant),
            clientId: client.id,
            clientName: clientName(client),
            ...(logo !== undefined && { logo }),
            scopes: consentedScopes(grant),
            createdAt: grant.createdAt,
            expiresAt: grant.expiresAt ?? grant.createdAt,
          };
        }),
      );
      return summaries.filter((summary) => summary !== undefined);
    },
  };
}

/** What the request asks for, by resource. */
function wantedBy(ctx: KoaContextWithOIDC): ConsentScope {
  const asked = ctx.oidc.requestParamScopes;
  return {
    identity: identityScopes.filter((scope) => asked.has(scope)),
    resources: Object.fromEntries(
      Object.entries(ctx.oidc.resourceServers ?? {}).map(([resource, server]) => [
        resource,
        [...asked].filter((scope) => server.scopes.has(scope)),
      ]),
    ),
  };
}

function covers(grant: Grant, wanted: ConsentScope): boolean {
  const identity = new Set(grant.getOIDCScope().split(' '));
  return (
    wanted.identity.every((scope) => identity.has(scope)) &&
    Object.entries(wanted.resources).every(([resource, scopes]) => {
      const granted = new Set(grant.getResourceScope(resource).split(' '));
      return scopes.every((scope) => granted.has(scope));
    })
  );
}
