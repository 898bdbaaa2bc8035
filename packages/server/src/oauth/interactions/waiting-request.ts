import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { errors, type InteractionResults, type Interaction as StoredInteraction } from 'oidc-provider';
import type { Audit } from '../../audit/index.ts';
import type { Config } from '../../config/index.ts';
import { type Clock, Refusal } from '../../core/index.ts';
import type { RegisteredClient, Store } from '../../store/index.ts';
import type { Interaction } from '../authorization-server.ts';
import type { Consents } from '../consents.ts';
import { readScopes } from '../scopes.ts';

/** What the pages between an authorization request and its answer need. */
export interface InteractionParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'people' | 'clients' | 'applications' | 'locks'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly consents: Consents;
}

/** The same, with the library that keeps the requests. */
export interface InteractionContext extends InteractionParts {
  readonly provider: Provider;
}

/** The browser that a step is done in. */
export type Browser = readonly [request: IncomingMessage, response: ServerResponse];

/**
 * The request that waits in this browser; undefined when it expired or is another browser's: the library finds it by a
 * cookie that it gave to the browser which started it.
 */
export async function waitingRequest(
  { provider }: InteractionContext,
  browser: Browser,
  prompt?: Interaction['prompt'],
): Promise<StoredInteraction | undefined> {
  try {
    const details = await provider.interactionDetails(...browser);
    return prompt === undefined || details.prompt.name === prompt ? details : undefined;
  } catch (thrown) {
    if (thrown instanceof errors.SessionNotFound) return undefined;
    throw thrown;
  }
}

/**
 * Gives the library the result of a page; the browser goes on with its request.
 * @throws Refusal `cross_site` when that is over meanwhile, because the person was signed out elsewhere for instance
 */
export async function finishPage(
  { provider }: InteractionContext,
  browser: Browser,
  result: InteractionResults,
): Promise<void> {
  try {
    await provider.interactionFinished(...browser, result);
  } catch (thrown) {
    if (thrown instanceof errors.SessionNotFound) throw new Refusal('cross_site', {}, thrown);
    throw thrown;
  }
}

/** The client that a request came from; undefined when it was removed since. */
export function clientOf(
  { store }: InteractionContext,
  { params }: StoredInteraction,
): Promise<RegisteredClient | undefined> {
  return store.clients.get(String(params.client_id));
}

/** What the request asks for; nothing when the config changed so much since that it can no longer be read. */
export function askedOf(details: StoredInteraction, config: Config) {
  const asked = readScopes(String(details.params.scope ?? ''), config.databases);
  return asked.outcome === 'understood' ? asked : { databases: [], identityScopes: [] };
}
