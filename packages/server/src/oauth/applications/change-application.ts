import { type Principal, principalId, Refusal, type Secret } from '../../core/index.ts';
import { assertSecretOfOurs } from '../client-registry.ts';
import { detailsFor } from './application-details.ts';
import { type ApplicationParts, recordChange } from './application-parts.ts';
import { mayApprove } from './application-rules.ts';

/** A new secret; the others work for `overlapMs` more. Its developer's alone. @throws Refusal `not_found` */
export async function rotateApplicationSecret(
  parts: ApplicationParts,
  by: Principal,
  clientId: string,
  overlapMs: number,
): Promise<Secret> {
  const { owner } = await detailsFor(parts, by, clientId);
  if (owner !== principalId(by)) throw new Refusal('not_found');
  await assertSecretOfOurs(parts.store.clients, clientId);
  await recordChange(parts, by, 'client_secret_rotated', clientId);
  return parts.registry.rotateSecret(clientId, overlapMs);
}

/** Ends what everybody let it do. It stays registered. @throws Refusal `not_found` */
export async function disconnectApplication(
  parts: ApplicationParts,
  by: Principal,
  clientId: string,
): Promise<void> {
  await detailsFor(parts, by, clientId);
  await recordChange(parts, by, 'application_disconnected', clientId);
  await parts.revoker.client(clientId, 'the application ended it', principalId(by));
}

/** Ends what everybody let it do, and forgets it. @throws Refusal `not_found` */
export async function removeApplication(
  parts: ApplicationParts,
  by: Principal,
  clientId: string,
): Promise<void> {
  const { clients } = parts.store;
  await detailsFor(parts, by, clientId);
  await recordChange(parts, by, 'client_removed', clientId);
  await clients.disable(clientId);
  await parts.revoker.client(clientId, 'the application was removed', principalId(by));
  await clients.remove(clientId);
}

/** Lets it work for everybody. @throws Refusal `forbidden`, `not_found` */
export async function approveApplication(
  parts: ApplicationParts,
  by: Principal,
  clientId: string,
): Promise<void> {
  const { applications } = parts.store;
  if (!mayApprove(parts.config(), by)) throw new Refusal('forbidden', { what: 'approving is for others.' });
  const application = await applications.get(clientId);
  if (application === undefined) throw new Refusal('not_found');
  await recordChange(parts, by, 'application_approved', clientId);
  await applications.put({ ...application, state: 'approved', decidedBy: principalId(by) });
}
