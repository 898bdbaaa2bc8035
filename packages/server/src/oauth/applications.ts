import type { Audit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { type Clock, type Principal, principalId, Refusal, type Secret } from '../core/index.ts';
import { matchRule } from '../policy/index.ts';
import {
  type ClientError,
  type ClientUse,
  inTurn,
  type RegisteredApplication,
  type RegisteredClient,
  type Store,
} from '../store/index.ts';
import { clientName } from './accounts.ts';
import { ownMetadata } from './client-metadata.ts';
import type { ClientRegistry } from './client-registry.ts';
import { assertRedirectHosts } from './registration-policy.ts';
import type { Revocation } from './revocation.ts';
import { readScopes } from './scopes.ts';

/** What a developer says of an application. */
export interface WantedApplication {
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** `db:<database>[:<role>]`; at least one. */
  readonly scopes: readonly string[];
  /** Whether it can keep a secret. */
  readonly confidential: boolean;
  /** A small image as a `data:` URL. */
  readonly logo?: string;
}

/** An application as its developer and the administrators see it. */
export interface ApplicationDetails {
  readonly id: string;
  readonly name: string;
  readonly owner?: string;
  readonly state: 'waiting' | 'approved' | 'disabled';
  readonly decidedBy?: string;
  readonly logo?: string;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly confidential: boolean;
  readonly createdAt: number;
}

/**
 * Applications that people register for themselves. Every change is recorded durably before it takes effect, and is
 * refused to whoever may not make it.
 */
export interface Applications {
  mayRegister(principal: Principal): boolean;
  mayApprove(principal: Principal): boolean;
  /** The secret is given this once. @throws Refusal `forbidden`, `request_invalid` */
  register(
    by: Principal,
    wanted: WantedApplication,
  ): Promise<{ readonly clientId: string; readonly secret?: Secret }>;
  /** What this person registered. */
  ownedBy(personId: string): Promise<readonly ApplicationDetails[]>;
  /** What waits for somebody to approve it. */
  waiting(): Promise<readonly ApplicationDetails[]>;
  /** @throws Refusal `not_found`, also for one that is neither theirs nor theirs to approve */
  details(by: Principal, clientId: string): Promise<ApplicationDetails>;
  /** What went wrong for it lately, and for whom it works. Throws like {@link Applications.details}. */
  activity(
    by: Principal,
    clientId: string,
  ): Promise<{ readonly errors: readonly ClientError[]; readonly uses: readonly ClientUse[] }>;
  /** A new secret; the others work for `overlapMs` more. Its developer's alone. */
  rotateSecret(by: Principal, clientId: string, overlapMs: number): Promise<Secret>;
  /** Ends what everybody let it do. It stays registered. */
  disconnectAll(by: Principal, clientId: string): Promise<void>;
  remove(by: Principal, clientId: string): Promise<void>;
  /** Lets it work for everybody. @throws Refusal `forbidden`, `not_found` */
  approve(by: Principal, clientId: string): Promise<void>;
}

interface ApplicationParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'clients' | 'applications' | 'activity' | 'locks'>;
  readonly registry: Pick<ClientRegistry, 'register' | 'rotateSecret'>;
  readonly revocation: Revocation;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** What one person may have registered at one time, approved or not: far above what anybody builds. */
const ownedAtMost = 50;

/** Rules about applications are asked outside of any application. */
const noClient = '';

/** See {@link Applications}. */
export function createApplications(parts: ApplicationParts): Applications {
  const { config, store, registry, revocation, audit, clock } = parts;

  function mayRegister(principal: Principal): boolean {
    const { people } = config().registration;
    return people !== undefined && matchRule(people, principal, noClient).matched;
  }

  function mayApprove(principal: Principal): boolean {
    const { approvedBy } = config().registration;
    return approvedBy !== undefined && matchRule(approvedBy, principal, noClient).matched;
  }

  function record(by: Principal, action: string, target: string, detail?: string): Promise<void> {
    return audit.recordDurably({
      type: 'admin',
      action,
      target,
      by: principalId(by),
      ...(detail !== undefined && { detail }),
    });
  }

  async function describe(application: RegisteredApplication): Promise<readonly ApplicationDetails[]> {
    const client = await store.clients.get(application.clientId);
    return client === undefined ? [] : [detailsOf(application, client)];
  }

  async function describeAll(all: readonly RegisteredApplication[]): Promise<readonly ApplicationDetails[]> {
    return (await Promise.all(all.map(describe))).flat();
  }

  async function details(by: Principal, clientId: string): Promise<ApplicationDetails> {
    const application = await store.applications.get(clientId);
    const [found] = application === undefined ? [] : await describe(application);
    if (found === undefined || (found.owner !== principalId(by) && !mayApprove(by)))
      throw new Refusal('not_found');
    return found;
  }

  /** @throws Refusal `not_found` when somebody else registered it */
  async function own(by: Principal, clientId: string): Promise<ApplicationDetails> {
    const found = await details(by, clientId);
    if (found.owner !== principalId(by)) throw new Refusal('not_found');
    return found;
  }

  async function make(
    owner: string,
    { name, redirectUris, scopes, confidential, logo }: WantedApplication,
  ): Promise<{ readonly clientId: string; readonly secret?: Secret }> {
    const grantTypes = ['authorization_code', 'refresh_token'];
    const { clientId, secret } = await registry.register(
      { name, redirectUris, scopes, grantTypes, confidential },
      'page',
    );
    // In this order a client that nobody approved can stand alone for a moment; nobody knows its id yet.
    await store.applications.put({
      clientId,
      owner,
      state: config().registration.approvedBy === undefined ? 'approved' : 'waiting',
      ...(logo !== undefined && { logo }),
    });
    return { clientId, ...(secret !== undefined && { secret }) };
  }

  return {
    mayRegister,
    mayApprove,

    async register(by, wanted) {
      if (!mayRegister(by))
        throw new Refusal('forbidden', { what: 'registering applications is not open to you.' });
      assertRedirectHosts(config(), wanted.redirectUris);
      assertScopes(config(), wanted.scopes);
      const owner = principalId(by);
      // In turn, or many at once would each count before any of them is there.
      const turn = await inTurn({ locks: store.locks, clock }, `applications:${owner}`, async () => {
        if ((await store.applications.list({ owner })).length >= ownedAtMost)
          throw new Refusal('request_invalid', {
            what: `You have ${ownedAtMost} applications already. Remove one that is not needed any more.`,
          });
        await record(by, 'application_registered', wanted.name, `scopes: ${wanted.scopes.join(' ')}`);
        return make(owner, wanted);
      });
      if (turn.outcome === 'busy') throw new Refusal('store_unavailable');
      return turn.result;
    },

    ownedBy: async (owner) => describeAll(await store.applications.list({ owner })),
    waiting: async () => describeAll(await store.applications.list({ state: 'waiting' })),
    details,

    async activity(by, clientId) {
      await details(by, clientId);
      const [errors, uses] = await Promise.all([
        store.activity.errors(clientId),
        store.activity.uses({ clientId }),
      ]);
      return { errors, uses };
    },

    async rotateSecret(by, clientId, overlapMs) {
      await own(by, clientId);
      await record(by, 'client_secret_rotated', clientId);
      return registry.rotateSecret(clientId, overlapMs);
    },

    async disconnectAll(by, clientId) {
      await details(by, clientId);
      await record(by, 'application_disconnected', clientId);
      await revocation.client(clientId, 'the application ended it', principalId(by));
    },

    async remove(by, clientId) {
      await details(by, clientId);
      await record(by, 'client_removed', clientId);
      await store.clients.setDisabled(clientId, true);
      await revocation.client(clientId, 'the application was removed', principalId(by));
      await store.clients.remove(clientId);
    },

    async approve(by, clientId) {
      if (!mayApprove(by)) throw new Refusal('forbidden', { what: 'approving is for others.' });
      const application = await store.applications.get(clientId);
      if (application === undefined) throw new Refusal('not_found');
      await record(by, 'application_approved', clientId);
      await store.applications.put({ ...application, state: 'approved', decidedBy: principalId(by) });
    },
  };
}

function detailsOf(application: RegisteredApplication, client: RegisteredClient): ApplicationDetails {
  const { metadata, disabled, createdAt } = client;
  const { owner, decidedBy, logo, state } = application;
  const scope = metadata[ownMetadata.scope];
  return {
    id: client.id,
    name: clientName(client),
    state: disabled ? 'disabled' : state,
    ...(owner !== undefined && { owner }),
    ...(decidedBy !== undefined && { decidedBy }),
    ...(logo !== undefined && { logo }),
    redirectUris: Array.isArray(metadata.redirect_uris) ? metadata.redirect_uris.map(String) : [],
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    confidential: metadata.token_endpoint_auth_method !== 'none',
    createdAt,
  };
}

/** @throws Refusal `request_invalid` */
function assertScopes({ databases }: Config, scopes: readonly string[]): void {
  const odd = scopes.find((scope) => !scope.startsWith('db:'));
  if (odd !== undefined || scopes.length === 0)
    throw new Refusal('request_invalid', {
      what: 'Say what the application wants: db:DATABASE for the default role, or db:DATABASE:ROLE.',
    });
  const asked = readScopes(scopes.join(' '), databases);
  if (asked.outcome === 'refused') throw new Refusal('request_invalid', { what: asked.sentence });
}
