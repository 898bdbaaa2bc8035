import { principalId, type Secret } from '../core/index.ts';
import { invitationLink } from '../identity/index.ts';
import { createRevoker } from '../oauth/index.ts';
import { giveFirstSecret } from './first-secret.ts';
import { localSubject } from './local-subject.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/** An address that lets its holder choose somebody's password, once. Shown once and never again. */
export interface Invitation {
  readonly id: string;
  readonly link: Secret;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
}

/** What came of an invitation, or why there is none. */
export type InviteResult =
  | ({ readonly outcome: 'invited' } & Invitation)
  /** Somebody who is known keeps their groups. */
  | { readonly outcome: 'groups_are_kept' }
  | { readonly outcome: 'disabled' }
  /** The config file has no `signIn.local`, so the link would lead nowhere. */
  | { readonly outcome: 'no_local_sign_in' };

/**
 * Invites a local person: the link carries a first secret, so the same rules hold for both. Somebody who is known loses
 * their password, the link of before, and what they hold.
 * @throws Refusal `request_invalid` for what can be no user name
 */
export async function invitePerson(
  workspace: Workspace,
  username: string,
  groups: readonly string[],
): Promise<InviteResult> {
  const { config, store, audit, clock, operator } = workspace;
  if (!config.signIn.some(({ kind }) => kind === 'local')) return { outcome: 'no_local_sign_in' };
  const subject = localSubject(username);
  const id = principalId({ method: 'local', subject });
  const known = await store.people.get(id);
  if (known?.disabled) return { outcome: 'disabled' };
  if (known !== undefined && groups.length > 0) return { outcome: 'groups_are_kept' };

  const detail = groups.length === 0 ? undefined : `groups: ${groups.join(', ')}`;
  await recordAdmin(workspace, 'person_invited', id, detail);
  if (known === undefined)
    await store.people.put({ id, displayName: username, groups, claims: {} }, clock.now());
  const { secret, expiresAt } = await giveFirstSecret(workspace, id);
  if (known !== undefined)
    await createRevoker(store, audit, clock).person(id, 'you were invited again', operator);

  return { outcome: 'invited', id, link: invitationLink(config.issuer, subject, secret), expiresAt };
}
