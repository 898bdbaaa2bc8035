import { z } from 'zod';
import { type Clock, hashSecret, parsePrincipalId, Secret } from '../../core/index.ts';
import type { ProviderSession } from '../../identity/index.ts';
import type { Store } from '../../store/index.ts';
import type { Vault } from '../../vault/index.ts';

const sealedKind = 'provider-session';
const model = 'ProviderSession';
/** How long a provider's session can still be named by it: longer than a browser session or a consent lasts anywhere. */
const namedForMs = 400 * 86_400_000;

const shape = z.object({
  idToken: z.string(),
  refreshToken: z.string().optional(),
  id: z.string().optional(),
});

/**
 * What providers gave at the newest sign-in of each person, sealed. The ids of their sessions lie beside as hashes, of
 * earlier sign-ins too: any of them may be named when the provider says that somebody signed out.
 */
export interface ProviderSessions {
  keep(personId: string, session: ProviderSession): Promise<void>;
  of(personId: string): Promise<ProviderSession | undefined>;
  /**
   * Puts what a provider answered in the place of what it was asked with. `superseded`: somebody signed in or out while it
   * was asked, and what is there now stays. What can still slip in between is the time of two steps of the store.
   */
  replace(personId: string, used: ProviderSession, next: ProviderSession): Promise<'replaced' | 'superseded'>;
  /** Whose session a provider means by an id of its own. */
  personOf(method: string, sessionId: string): Promise<string | undefined>;
  forget(personId: string): Promise<void>;
}

/** See {@link ProviderSessions}. */
export function createProviderSessions(
  store: Pick<Store, 'artifacts'>,
  vault: Pick<Vault, 'put' | 'open' | 'remove'>,
  clock: Clock,
): ProviderSessions {
  const sessions: ProviderSessions = {
    async keep(personId, { idToken, refreshToken, id }) {
      const plain = { idToken: idToken.reveal(), refreshToken: refreshToken?.reveal(), id };
      await vault.put(sealedKind, personId, new Secret(JSON.stringify(plain)));
      if (id === undefined) return;
      await store.artifacts.upsert({
        model,
        idHash: nameOf(parsePrincipalId(personId).method, id),
        payload: {},
        expiresAt: clock.now() + namedForMs,
        accountId: personId,
      });
    },

    async of(personId) {
      const sealed = await vault.open(sealedKind, personId);
      if (sealed === undefined) return undefined;
      const { idToken, refreshToken, id } = shape.parse(JSON.parse(sealed.reveal()));
      return {
        idToken: new Secret(idToken),
        ...(refreshToken !== undefined && { refreshToken: new Secret(refreshToken) }),
        ...(id !== undefined && { id }),
      };
    },

    async replace(personId, used, next) {
      const now = await sessions.of(personId);
      if (now === undefined || now.refreshToken?.reveal() !== used.refreshToken?.reveal())
        return 'superseded';
      await sessions.keep(personId, next);
      return 'replaced';
    },

    async personOf(method, sessionId) {
      return (await store.artifacts.find(model, nameOf(method, sessionId)))?.accountId;
    },

    async forget(personId) {
      await vault.remove(sealedKind, personId);
      for (const { idHash } of await store.artifacts.list(model, { accountId: personId }))
        await store.artifacts.destroy(model, idHash);
    },
  };
  return sessions;
}

function nameOf(method: string, sessionId: string): string {
  return hashSecret(`${method}:${sessionId}`);
}
