import { principalId, type Secret } from '../../core/index.ts';
import type { LogoutToken } from '../../identity/index.ts';
import { type Providers, withdrawWord } from './providers.ts';

/** A logout token is remembered for this long after its end, so that it counts once. */
const rememberedMs = 600_000;

/** What a provider's logout token ended. */
export type LogoutTaken =
  | { readonly outcome: 'ended'; readonly personId: string }
  /** Genuine, and of nobody who is known here: there is nothing to end. */
  | { readonly outcome: 'nobody' }
  | Extract<LogoutToken, { outcome: 'refused' }>;

/** Ends what somebody holds here who signed out at the provider of `method`, as the token of the provider says. */
export async function takeLogout(providers: Providers, method: string, token: Secret): Promise<LogoutTaken> {
  const { links, sessions, store, revoker, clock } = providers;
  const link = links.get(method);
  if (link === undefined) return { outcome: 'refused', reason: 'not_genuine', detail: 'no such provider' };
  const read = await link.readLogoutToken(token);
  if (read.outcome === 'refused') return read;
  const { subject, sessionId, tokenId, expiresAt } = read;
  const used = `logout-token:${method}:${tokenId}`;
  const now = clock.now();
  if ((await store.attempts.peek(used, now)).count > 0)
    return { outcome: 'refused', reason: 'not_genuine', detail: 'it was used before' };
  const personId =
    subject === undefined
      ? await sessions.personOf(method, sessionId ?? '')
      : principalId({ method, subject });
  const isKnown = personId !== undefined && (await store.people.get(personId)) !== undefined;
  if (isKnown)
    await withdrawWord(providers, personId, () =>
      revoker.person(personId, 'you signed out at your identity provider', `provider:${method}`),
    );
  // Used up only now: a token whose work broke off counts when the provider sends it again. Two at once end the same twice.
  await store.attempts.add(used, Math.max(expiresAt - now, 0) + rememberedMs, now);
  return isKnown ? { outcome: 'ended', personId } : { outcome: 'nobody' };
}
