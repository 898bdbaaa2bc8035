import { type IdentityToken, type IdentityTokenAccess, parsePrincipalId } from '../../core/index.ts';
import type { ProviderLink } from '../../identity/index.ts';
import type { Providers } from './providers.ts';

/**
 * Asks the provider of a person for a token that a database takes. To be done in turn: a refresh token that rotates is good
 * for one use. Throws what the store throws.
 */
export async function askForToken(
  { sessions, silent }: Providers,
  personId: string,
  link: ProviderLink,
  wanted: IdentityTokenAccess,
): Promise<IdentityToken> {
  const { method, subject } = parsePrincipalId(personId);
  const session = await sessions.of(personId);
  if (session === undefined) return { outcome: 'none', detail: 'the provider gave nothing to ask with' };
  if (silent.has(method)) return { outcome: 'unavailable', detail: 'it did not answer a moment ago' };
  const asked = await link.tokenFor(subject, session, wanted);
  if (
    asked.session !== undefined &&
    (await sessions.replace(personId, session, asked.session)) === 'superseded'
  )
    return { outcome: 'none', detail: 'the person signed in or out meanwhile' };
  if (asked.answer.outcome === 'unavailable') silent.add(method);
  return asked.answer;
}
