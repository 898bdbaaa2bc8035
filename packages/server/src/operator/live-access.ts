import { hashSecret } from '../core/index.ts';
import { consentedScopes, consentIdOf, createRevoker } from '../oauth/index.ts';
import type { LiveSession } from '../store/index.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/** A consent, as the administrator sees it. */
export interface Consent {
  readonly id: string;
  readonly personId: string;
  readonly clientId: string;
  /** All that it covers: what the application may know of the person, and databases with their roles. */
  readonly scopes: readonly string[];
  /** Wall-clock milliseconds. */
  readonly createdAt: number;
  readonly expiresAt?: number;
}

/** Every live session of every gateway on this store. */
export function listSessions({ store }: Workspace): Promise<readonly LiveSession[]> {
  return store.sessions.list();
}

/** Ends one live session within two seconds; its token stays good. False: there is no such session. */
export async function endSession(workspace: Workspace, id: string): Promise<boolean> {
  const { store, clock, operator } = workspace;
  if ((await store.sessions.list({ id })).length === 0) return false;
  await recordAdmin(workspace, 'session_ended', id);
  await store.revocations.append(
    { kind: 'session', subject: id, reason: `an administrator ended this session (${operator})` },
    clock.now(),
  );
  return true;
}

/** Consents, newest first; at most a thousand. */
export async function listConsents(
  { store }: Workspace,
  by: { readonly personId?: string; readonly clientId?: string },
): Promise<readonly Consent[]> {
  const grants = await store.artifacts.list('Grant', {
    ...(by.personId === undefined ? {} : { accountId: by.personId }),
    ...(by.clientId === undefined ? {} : { clientId: by.clientId }),
  });
  return grants.map(({ payload, accountId, clientId, createdAt, expiresAt }) => ({
    id: consentIdOf({ payload }),
    personId: accountId ?? '',
    clientId: clientId ?? '',
    scopes: consentedScopes({ payload }),
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }));
}

/** Ends a consent: its tokens die at once, its live sessions within two seconds. False: there is no such consent. */
export async function endConsent(workspace: Workspace, id: string): Promise<boolean> {
  const { store, audit, clock, operator } = workspace;
  if ((await store.artifacts.find('Grant', hashSecret(id))) === undefined) return false;
  await recordAdmin(workspace, 'consent_ended', id);
  return createRevoker(store, audit, clock).consent(id, 'an administrator ended this consent', operator);
}
