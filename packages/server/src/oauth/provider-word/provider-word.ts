import {
  type IdentityToken,
  type IdentityTokenAccess,
  parsePrincipalId,
  type Secret,
} from '../../core/index.ts';
import type { ProviderSession, SignOutThere } from '../../identity/index.ts';
import { inTurn } from '../../store/index.ts';
import { askForToken } from './ask-for-token.ts';
import { type Providers, type ProviderWordParts, providersOf } from './providers.ts';
import { rereadPerson } from './reread-person.ts';
import { type LogoutTaken, takeLogout } from './take-logout.ts';

/** What providers say of people between their sign-ins. */
export interface ProviderWord {
  /** Keeps what the provider gave with the proof. */
  keep(personId: string, session: ProviderSession): Promise<void>;
  /**
   * Asks the provider again when its last word is older than `maxAgeMs` (left out: than the config says), and takes the
   * consequences: other groups, or the end of what the person holds. Resolves also when it could not be asked: then its
   * last word stands until `signInEvery`. Throws what the store throws (fail closed).
   */
  renew(personId: string, maxAgeMs?: number): Promise<void>;
  /**
   * Asks the provider for a token of this person that a database takes. Ends nothing, whatever comes of it. Throws what
   * the store throws.
   */
  identityToken(personId: string, wanted: IdentityTokenAccess): Promise<IdentityToken>;
  /** Where a browser signs out at the provider of this person. Ask it first. Throws what the store throws. */
  signOutAddress(personId: string, returnTo: string): Promise<SignOutThere>;
  /** The provider says that somebody signed out there. Ends what they hold here, at once. */
  takeLogout(method: string, token: Secret): Promise<LogoutTaken>;
}

/** See {@link ProviderWord}. */
export function createProviderWord(parts: ProviderWordParts): ProviderWord {
  const providers = providersOf(parts);
  const { links, sessions } = providers;
  return {
    keep: sessions.keep,
    renew: renewal(providers),

    async identityToken(personId, wanted) {
      const link = links.get(wanted.signIn);
      if (link === undefined || parsePrincipalId(personId).method !== wanted.signIn)
        return { outcome: 'none', detail: `the person did not sign in with ${wanted.signIn}` };
      const turn = await oneAsks(providers, personId, () => askForToken(providers, personId, link, wanted));
      return turn.outcome === 'done'
        ? turn.result
        : { outcome: 'unavailable', detail: 'it is being asked by somebody else' };
    },

    async signOutAddress(personId, returnTo) {
      const link = links.get(parsePrincipalId(personId).method);
      const session = await sessions.of(personId);
      return link === undefined || session === undefined
        ? { outcome: 'nowhere' }
        : await link.signOutAddress(session, returnTo);
    },

    takeLogout: (method, token) => takeLogout(providers, method, token),
  };
}

/** See {@link ProviderWord.renew}. Here whoever wants to know of a person waits for the one question that is out. */
function renewal(providers: Providers): ProviderWord['renew'] {
  const { links, store, clock } = providers;
  const asking = new Map<string, Promise<unknown>>();
  return async (personId, maxAgeMs) => {
    const link = links.get(parsePrincipalId(personId).method);
    if (link === undefined) return;
    const heardSince = clock.now() - (maxAgeMs ?? link.rereadEveryMs);
    const running = asking.get(personId);
    if (running !== undefined) {
      await running;
      return;
    }
    const person = await store.people.get(personId);
    if (person === undefined || (person.heardAt ?? 0) >= heardSince) return;
    const reread = () => rereadPerson(providers, personId, link, heardSince);
    const asked = oneAsks(providers, personId, reread).finally(() => asking.delete(personId));
    asking.set(personId, asked);
    await asked;
  };
}

/** A refresh token that rotates is good for one use: of all gateways on this store one asks for a person at a time. */
function oneAsks<Result>({ store, clock }: Providers, personId: string, ask: () => Promise<Result>) {
  return inTurn({ locks: store.locks, clock }, `reread:${personId}`, ask);
}
