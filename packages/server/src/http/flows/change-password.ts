import type { Audit } from '../../audit/index.ts';
import { type Clock, type Principal, type ProvenSignIn, principalId, type Secret } from '../../core/index.ts';
import type { PasswordChanges, PasswordFault, PasswordProof } from '../../identity/index.ts';
import type { AuthorizationServer } from '../../oauth/index.ts';
import type { Store } from '../../store/index.ts';

/** Who wants which password, and how they prove that they may. */
export interface PasswordChange {
  readonly changes: PasswordChanges;
  readonly person: Pick<Principal, 'method' | 'subject'>;
  readonly proof: PasswordProof;
  readonly wanted: Secret;
  /** The same, typed a second time. */
  readonly again: Secret;
  readonly remoteAddress: string;
  readonly requestId: string;
  readonly audit: Audit;
  readonly authorizationServer: Pick<AuthorizationServer, 'signOutEverywhere'>;
  readonly people: Store['people'];
  readonly clock: Clock;
}

/** What the page may know; `failed` is a wrong current password, or a first secret that is none any more. */
export type PasswordChangeResult =
  | ({ readonly outcome: 'changed' } & Pick<ProvenSignIn, 'principal' | 'mark'>)
  | { readonly outcome: 'refused'; readonly fault: PasswordFault | 'not_repeated' }
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'throttled'; readonly retryAfterMs: number };

/**
 * Gives somebody the password that they chose, and ends every browser session that was opened with the old one
 * (ASVS 7.4.3); the caller opens a new one. The record is on stable storage before the change takes effect.
 * @throws Refusal `audit_unavailable`, `too_many_connections`; whatever the store throws (fail closed)
 */
export async function changePassword(change: PasswordChange): Promise<PasswordChangeResult> {
  const { changes, person, proof, wanted, again, audit, people } = change;
  if (wanted.reveal() !== again.reveal()) return { outcome: 'refused', fault: 'not_repeated' };
  const { subject, method } = person;
  const id = principalId(person);
  const about = {
    type: 'password_change',
    method,
    proof: proof.kind,
    person: id,
    remoteAddress: change.remoteAddress,
    request: change.requestId,
  } as const;

  const prepared = await changes.prepare({ subject, proof, wanted });
  switch (prepared.outcome) {
    case 'refused':
      return prepared;
    case 'throttled':
      await audit.recordDurably({ ...about, outcome: 'throttled' });
      return prepared;
    case 'failed':
      await audit.recordDurably({ ...about, outcome: 'failed', reason: prepared.reason });
      return { outcome: 'failed' };
    case 'ready':
  }
  await audit.recordDurably({ ...about, outcome: 'changed' });
  if ((await prepared.apply()) === 'superseded') {
    await audit.recordDurably({ ...about, outcome: 'failed', reason: 'superseded' });
    return { outcome: 'failed' };
  }
  await change.authorizationServer.signOutEverywhere(id, id);
  // Of all sign-ins from before, this is the one that goes on.
  const mark = await people.signInMark();
  const { displayName, groups, claims } = prepared.principal;
  await people.seen({ id, displayName, groups, claims }, change.clock.now());
  return { outcome: 'changed', principal: prepared.principal, mark };
}
