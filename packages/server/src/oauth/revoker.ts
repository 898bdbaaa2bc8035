import type { Audit } from '../audit/index.ts';
import { type Clock, hashSecret } from '../core/index.ts';
import type { Revocation, Store } from '../store/index.ts';

/**
 * Ends access before its time. Each method first removes what could be presented, then tells every gateway over
 * `store.revocations` (whoever follows it ends the live sessions), then records it. `reason` continues the sentence
 * "Your access was revoked: …"; `by` is a principal id, `client:<id>`, `operator` or `grantway`.
 */
export interface Revoker {
  /** One access token, by its stored hash. */
  token(tokenHash: string, reason: string, by: string): Promise<void>;
  /** A consent with all its tokens. False when there is none with this id. */
  consent(consentId: string, reason: string, by: string): Promise<boolean>;
  /** Everything that anybody let a client do, and the client's own tokens. It stays registered: disable it first. */
  client(clientId: string, reason: string, by: string): Promise<void>;
  /** Where a person is signed in; what applications may do for them stays, so no gateway need hear of it. */
  browserSessions(personId: string, by: string): Promise<void>;
  /** What a person is in with now: access tokens and live sessions. Consents stay, for when they sign in again. */
  access(personId: string, reason: string, by: string): Promise<void>;
  /** Everything of a person: browser sessions, consents, tokens. They can sign in again: disable them first. */
  person(personId: string, reason: string, by: string): Promise<void>;
}

/** See {@link Revoker}. */
export function createRevoker(
  store: Pick<Store, 'artifacts' | 'revocations' | 'people'>,
  audit: Audit,
  clock: Clock,
): Revoker {
  const { artifacts } = store;

  async function announce(entry: Revocation, by: string): Promise<void> {
    await store.revocations.append(entry, clock.now());
    audit.record({ type: 'revoked', kind: entry.kind, subject: entry.subject, by });
  }

  /** Removes every artifact of a kind, however many there are: a list ends at a thousand. */
  async function destroyAll(
    model: string,
    by: { readonly accountId?: string; readonly clientId?: string },
  ): Promise<void> {
    for (;;) {
      const found = await artifacts.list(model, by);
      if (found.length === 0) return;
      for (const { idHash, payload } of found) {
        if (model === 'Grant' && typeof payload.jti === 'string') await artifacts.revokeByGrant(payload.jti);
        else await artifacts.destroy(model, idHash);
      }
    }
  }

  /** Sign-ins that are half done, too: they would begin a session afterwards. */
  async function endBrowserSessions(personId: string): Promise<void> {
    await store.people.endSignIns(personId);
    await destroyAll('Interaction', { accountId: personId });
    await destroyAll('Session', { accountId: personId });
  }

  return {
    async token(tokenHash, reason, by) {
      await artifacts.destroy('AccessToken', tokenHash);
      await announce({ kind: 'token', subject: tokenHash, reason }, by);
    },

    async consent(consentId, reason, by) {
      const grant = await artifacts.find('Grant', hashSecret(consentId));
      await artifacts.revokeByGrant(consentId);
      if (grant === undefined) return false;
      await announce({ kind: 'consent', subject: consentId, reason }, by);
      return true;
    },

    async client(clientId, reason, by) {
      await destroyAll('Grant', { clientId });
      await destroyAll('AccessToken', { clientId });
      await announce({ kind: 'client', subject: clientId, reason }, by);
    },

    async browserSessions(personId, by) {
      await endBrowserSessions(personId);
      audit.record({ type: 'revoked', kind: 'browser_sessions', subject: personId, by, person: personId });
    },

    async access(personId, reason, by) {
      await destroyAll('AccessToken', { accountId: personId });
      await announce({ kind: 'person', subject: personId, reason }, by);
    },

    async person(personId, reason, by) {
      await endBrowserSessions(personId);
      await destroyAll('Grant', { accountId: personId });
      await destroyAll('AccessToken', { accountId: personId });
      await announce({ kind: 'person', subject: personId, reason }, by);
    },
  };
}
