import { principalId, type Secret } from '../../core/index.ts';
import type { LogoutToken } from '../../identity/index.ts';
import { forgetWord, type Providers } from './providers.ts';

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
  const { links, sessions, store, revocation, clock } = providers;
  const link = links.get(method);
  if (link === undefined) return { outcome: 'refused', reason: 'not_genuine', detail: 'no such provider' };
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
  if (personId === undefined || (await store.people.get(personId)) === undefined)
    return { outcome: 'nobody' };
  await forgetWord(providers, personId);
  await revocation.person(personId, 'you signed out at your identity provider', `provider:${method}`);
  return { outcome: 'ended', personId };
}
