import type { Config } from '../../config/index.ts';
import { type Principal, principalId, Refusal, type Secret } from '../../core/index.ts';
import { inTurn } from '../../store/index.ts';
import { assertRegistration } from '../client-metadata.ts';
import { assertRedirectHosts } from '../registration-policy.ts';
import { readScopes } from '../scopes.ts';
import { type ApplicationParts, recordChange } from './application-parts.ts';
import { mayRegister } from './application-rules.ts';

/** What one person may have registered at one time, approved or not: far above what anybody builds. */
const ownedAtMost = 50;

/** An application acts for people, never for itself. */
const grantTypes = ['authorization_code', 'refresh_token'];

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

/** An application that was just registered; its secret is given this once. */
export interface MadeApplication {
  readonly clientId: string;
  readonly secret?: Secret;
}

/** Registers an application for whoever builds it. @throws Refusal `forbidden`, `request_invalid` */
export async function registerApplication(
  parts: ApplicationParts,
  by: Principal,
  wanted: WantedApplication,
): Promise<MadeApplication> {
  const { store, clock } = parts;
  const config = parts.config();
  if (!mayRegister(config, by))
    throw new Refusal('forbidden', { what: 'registering applications is not open to you.' });
  assertRedirectHosts(config, wanted.redirectUris);
  assertScopes(config, wanted.scopes);
  assertRegistration({ ...wanted, grantTypes });
  const owner = principalId(by);
  // In turn, or many at once would each count before any of them is there.
  const turn = await inTurn({ locks: store.locks, clock }, `applications:${owner}`, async () => {
    if ((await store.applications.list({ owner })).length >= ownedAtMost)
      throw new Refusal('request_invalid', {
        what: `You have ${ownedAtMost} applications already. Remove one that is not needed any more.`,
      });
    await recordChange(
      parts,
      by,
      'application_registered',
      wanted.name,
      `scopes: ${wanted.scopes.join(' ')}`,
    );
    return make(parts, owner, wanted);
  });
  if (turn.outcome === 'busy') throw new Refusal('store_unavailable');
  return turn.result;
}

async function make(
  { config, store, registry }: ApplicationParts,
  owner: string,
  { name, redirectUris, scopes, confidential, logo }: WantedApplication,
): Promise<MadeApplication> {
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
