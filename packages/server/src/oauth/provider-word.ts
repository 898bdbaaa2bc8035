import { isDeepStrictEqual } from 'node:util';
import {
  type Clock,
  type IdentityToken,
  type IdentityTokenAccess,
  parsePrincipalId,
  principalId,
  type Secret,
} from '../core/index.ts';
import type { LogoutToken, ProviderLink, ProviderSession, SignInMethod } from '../identity/index.ts';
import { inTurn, type Person, type Store } from '../store/index.ts';
import type { Vault } from '../vault/index.ts';
import { createProviderSessions } from './provider-sessions.ts';
import type { Revocation } from './revocation.ts';

/** A provider that did not answer is left alone for this long. */
const coolDownMs = 10_000;
/** A logout token is remembered for this long after its end, so that it counts once. */
const rememberedMs = 600_000;

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
  /** Where a browser signs out at the provider of this person; undefined when there is no such place. Ask it first. */
  signOutAddress(personId: string, returnTo: string): Promise<URL | undefined>;
  /** The provider says that somebody signed out there. Ends what they hold here, at once. */
  takeLogout(method: string, token: Secret): Promise<LogoutTaken>;
}

/** What a provider's logout token ended. */
export type LogoutTaken =
  | { readonly outcome: 'ended'; readonly personId: string }
  /** Genuine, and of nobody who is known here: there is nothing to end. */
  | { readonly outcome: 'nobody' }
  | Extract<LogoutToken, { outcome: 'refused' }>;

/** What {@link createProviderWord} needs. */
export interface ProviderWordParts {
  readonly signInMethods: readonly SignInMethod[];
  readonly store: Pick<Store, 'people' | 'artifacts' | 'attempts' | 'revocations' | 'locks'>;
  readonly vault: Pick<Vault, 'put' | 'open' | 'remove'>;
  readonly revocation: Pick<Revocation, 'access' | 'person'>;
  readonly clock: Clock;
  readonly log: { warn(fields: object, message: string): void };
}

/** See {@link ProviderWord}. */
export function createProviderWord(parts: ProviderWordParts): ProviderWord {
  const { store, revocation, clock, log } = parts;
  const { people } = store;
  const sessions = createProviderSessions(store, parts.vault, clock);
  const links = new Map<string, ProviderLink>();
  for (const method of parts.signInMethods) {
    if (method.kind === 'redirect' && method.afterwards !== undefined)
      links.set(method.name, method.afterwards);
  }
  const silentUntil = new Map<string, number>();
  const asking = new Map<string, Promise<unknown>>();

  async function ask(personId: string, link: ProviderLink, heardSince: number): Promise<void> {
    const person = await people.get(personId);
    if (person === undefined || person.disabled || (person.heardAt ?? 0) >= heardSince) return;
    const session = await sessions.of(personId);
    if (session?.refreshToken === undefined) return;
    const { method, subject } = parsePrincipalId(personId);
    if ((silentUntil.get(method) ?? 0) > clock.now()) return await unheard(person, link);

    const reread = await link.reread(subject, session);
    switch (reread.outcome) {
      case 'read': {
        // First the session: its refresh token may be the only one that the provider takes from now on.
        if ((await sessions.replace(personId, session, reread.session)) === 'superseded') return;
        const { displayName, groups, claims } = reread.principal;
        await people.heard({ id: personId, displayName, groups, claims }, clock.now());
        await endWhatGroupsGave(person);
        return;
      }
      case 'ended':
        log.warn({ method, detail: reread.detail }, 'a provider ended the session of a person');
        return await end(personId, 'your session at the identity provider ended');
      case 'unavailable':
        log.warn({ method, detail: reread.detail }, 'a provider could not be asked again');
        silentUntil.set(method, clock.now() + coolDownMs);
        return await unheard(person, link);
    }
  }

  /** The last word stands, and not for ever. */
  async function unheard({ id, heardAt }: Person, { wordCountsMs }: ProviderLink): Promise<void> {
    if ((heardAt ?? 0) + wordCountsMs > clock.now()) return;
    await end(id, 'your identity provider could not be asked whether you may still have it');
  }

  async function end(personId: string, reason: string): Promise<void> {
    await people.silence(personId);
    await sessions.forget(personId);
    await revocation.access(personId, reason, 'grantway');
  }

  async function endWhatGroupsGave(before: Person): Promise<void> {
    const now = await people.get(before.id);
    const said = ({ groups, claims }: Person) => ({ groups: [...groups].sort(), claims });
    if (now === undefined || isDeepStrictEqual(said(now), said(before))) return;
    await store.revocations.append(
      { kind: 'groups', subject: before.id, reason: 'your groups changed' },
      clock.now(),
    );
  }

  async function askForToken(
    personId: string,
    link: ProviderLink,
    wanted: IdentityTokenAccess,
  ): Promise<IdentityToken> {
    const { method, subject } = parsePrincipalId(personId);
    const session = await sessions.of(personId);
    if (session === undefined) return { outcome: 'none', detail: 'the provider gave nothing to ask with' };
    if ((silentUntil.get(method) ?? 0) > clock.now())
      return { outcome: 'unavailable', detail: 'it did not answer a moment ago' };
    const asked = await link.tokenFor(subject, session, wanted);
    if (
      asked.session !== undefined &&
      (await sessions.replace(personId, session, asked.session)) === 'superseded'
    )
      return { outcome: 'none', detail: 'the person signed in or out meanwhile' };
    if (asked.answer.outcome === 'unavailable') silentUntil.set(method, clock.now() + coolDownMs);
    return asked.answer;
  }

  return {
    keep: sessions.keep,

    async renew(personId, maxAgeMs) {
      const link = links.get(parsePrincipalId(personId).method);
      if (link === undefined) return;
      const heardSince = clock.now() - (maxAgeMs ?? link.rereadEveryMs);
      const running = asking.get(personId);
      if (running !== undefined) {
        await running;
        return;
      }
      const person = await people.get(personId);
      if (person === undefined || (person.heardAt ?? 0) >= heardSince) return;
      // A refresh token that rotates is good for one use: of all gateways on this store one asks for a person at a time.
      const work = () => ask(personId, link, heardSince);
      const asked = inTurn({ locks: store.locks, clock }, `reread:${personId}`, work).finally(() =>
        asking.delete(personId),
      );
      asking.set(personId, asked);
      await asked;
    },

    async identityToken(personId, wanted) {
      const link = links.get(wanted.signIn);
      if (link === undefined || parsePrincipalId(personId).method !== wanted.signIn)
        return { outcome: 'none', detail: `the person did not sign in with ${wanted.signIn}` };
      // A refresh token that rotates is good for one use: this waits for whoever reads the person's groups again.
      const turn = await inTurn({ locks: store.locks, clock }, `reread:${personId}`, () =>
        askForToken(personId, link, wanted),
      );
      return turn.outcome === 'done'
        ? turn.result
        : { outcome: 'unavailable', detail: 'it is being asked by somebody else' };
    },

    async signOutAddress(personId, returnTo) {
      const link = links.get(parsePrincipalId(personId).method);
      const session = link && (await sessions.of(personId));
      return session && (await link.signOutAddress(session, returnTo));
    },

    async takeLogout(method, token) {
      const link = links.get(method);
      if (link === undefined)
        return { outcome: 'refused', reason: 'not_genuine', detail: 'no such provider' };
      const read = await link.readLogoutToken(token);
      if (read.outcome === 'refused') return read;
      const { subject, sessionId, tokenId, expiresAt } = read;
      const personId =
        subject === undefined
          ? await sessions.personOf(method, sessionId ?? '')
          : principalId({ method, subject });
      const windowMs = Math.max(expiresAt - clock.now(), 0) + rememberedMs;
      const { count } = await store.attempts.add(`logout-token:${method}:${tokenId}`, windowMs, clock.now());
      if (count > 1) return { outcome: 'refused', reason: 'not_genuine', detail: 'it was used before' };
      if (personId === undefined || (await people.get(personId)) === undefined) return { outcome: 'nobody' };
      // First the word: between the two steps nobody can renew what is removed.
      await people.silence(personId);
      await sessions.forget(personId);
      await revocation.person(personId, 'you signed out at your identity provider', `provider:${method}`);
      return { outcome: 'ended', personId };
    },
  };
}
