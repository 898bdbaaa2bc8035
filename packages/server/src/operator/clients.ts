import { Refusal, type Secret } from '../core/index.ts';
import {
  assertRegistration,
  assertSecretOfOurs,
  type ClientRegistration,
  createClientRegistry,
  createRevoker,
  readScopes,
} from '../oauth/index.ts';
import type { ClientError, RegisteredClient } from '../store/index.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/** Every client, whoever registered it, and whether it waits for approval. */
export async function listClients({
  store,
}: Workspace): Promise<readonly (RegisteredClient & { readonly waiting: boolean })[]> {
  const [clients, waiting] = await Promise.all([
    store.clients.list(),
    store.applications.list({ state: 'waiting' }),
  ]);
  const ids = new Set(waiting.map(({ clientId }) => clientId));
  return clients.map((client) => ({ ...client, waiting: ids.has(client.id) }));
}

/** Registers an application; its secret is shown once. @throws Refusal `request_invalid`, also for a scope that names nothing of the config */
export async function addClient(
  workspace: Workspace,
  registration: ClientRegistration,
): Promise<{ readonly clientId: string; readonly secret?: Secret }> {
  for (const scope of registration.scopes) {
    const asked = readScopes(scope, workspace.config.databases);
    if (asked.outcome === 'refused') throw new Refusal('request_invalid', { what: asked.sentence });
  }
  assertRegistration(registration);
  await recordAdmin(workspace, 'client_added', registration.name, `scopes: ${registration.scopes.join(' ')}`);
  return registryOf(workspace).register(registration);
}

/** Lets an application that registered itself work for everybody. False: there is nothing to approve under this id. */
export async function approveClient(workspace: Workspace, clientId: string): Promise<boolean> {
  const { applications } = workspace.store;
  const application = await applications.get(clientId);
  if (application === undefined) return false;
  await recordAdmin(workspace, 'application_approved', clientId);
  await applications.put({ ...application, state: 'approved', decidedBy: workspace.operator });
  return true;
}

/** What went wrong for a client lately, in words; the newest first. Undefined: no such client. */
export async function clientErrors(
  { store }: Workspace,
  clientId: string,
): Promise<readonly ClientError[] | undefined> {
  return (await store.clients.get(clientId)) && store.activity.errors(clientId);
}

/** Gives a client a new secret; the old ones work for `overlapMs` more. @throws Refusal `request_invalid` */
export async function rotateClientSecret(
  workspace: Workspace,
  clientId: string,
  overlapMs: number,
): Promise<Secret> {
  await assertSecretOfOurs(workspace.store.clients, clientId);
  await recordAdmin(workspace, 'client_secret_rotated', clientId);
  return registryOf(workspace).rotateSecret(clientId, overlapMs);
}

/** Stops a client: nobody can sign in through it, and everything that it was let do ends. False: no such client. */
export async function disableClient(workspace: Workspace, clientId: string): Promise<boolean> {
  if ((await workspace.store.clients.get(clientId)) === undefined) return false;
  await recordAdmin(workspace, 'client_disabled', clientId);
  // First the flag: between the two steps it can get no new token for the ones that are removed.
  await workspace.store.clients.disable(clientId);
  await revocationOf(workspace).client(clientId, 'the application was disabled', workspace.operator);
  return true;
}

/** Lets a client work again; what was revoked stays revoked. False: no such client. */
export async function enableClient(workspace: Workspace, clientId: string): Promise<boolean> {
  if ((await workspace.store.clients.get(clientId)) === undefined) return false;
  await recordAdmin(workspace, 'client_enabled', clientId);
  return workspace.store.clients.enable(clientId);
}

/** Forgets a client. Those of the config file and the built-in ones would come back at the next start, so they stay. */
export async function removeClient(
  workspace: Workspace,
  clientId: string,
): Promise<'removed' | 'not_found' | 'kept_by_config'> {
  const client = await workspace.store.clients.get(clientId);
  if (client === undefined) return 'not_found';
  if (client.origin === 'config' || client.origin === 'builtin') return 'kept_by_config';
  await recordAdmin(workspace, 'client_removed', clientId);
  await workspace.store.clients.disable(clientId);
  await revocationOf(workspace).client(clientId, 'the application was removed', workspace.operator);
  await workspace.store.clients.remove(clientId);
  return 'removed';
}

function revocationOf({ store, audit, clock }: Workspace) {
  return createRevoker(store, audit, clock);
}

function registryOf(workspace: Workspace) {
  return createClientRegistry(workspace.store, workspace.secrets, revocationOf(workspace), workspace.clock);
}
