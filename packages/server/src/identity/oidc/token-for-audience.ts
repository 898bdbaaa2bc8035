import { decodeJwt, errors } from 'jose';
import { ResponseBodyError, refreshTokenGrant } from 'openid-client';
import { type Clock, type IdentityToken, Secret } from '../../core/index.ts';
import type { ProviderSession, TokenAnswer, WantedToken } from '../sign-in-method.ts';
import type { Provider } from './provider.ts';
import { renewedSession } from './provider-answer.ts';
import { failureDetail, failureReason } from './provider-failure.ts';

/**
 * Asks the provider by its refresh token for a token with another audience (RFC 6749, section 6). Nobody but that
 * audience can check it, so that its signature is not looked at here: it comes from the provider's own token endpoint.
 * What is looked at is that it is meant for the audience and has not ended: a token for anybody else must not be shown.
 */
export async function tokenForAudience(
  provider: Provider,
  clock: Clock,
  subject: string,
  session: ProviderSession,
  { token: kind, audience, scopes }: WantedToken,
): Promise<TokenAnswer> {
  const { refreshToken } = session;
  if (refreshToken === undefined) return { answer: { outcome: 'none', detail: 'there is no refresh token' } };
  const asked: Record<string, string> = scopes === undefined ? {} : { scope: scopes.join(' ') };
  try {
    const metadata = await provider.metadata();
    const given = await refreshTokenGrant(metadata, refreshToken.reveal(), asked);
    const { sub = subject } = given.claims() ?? {};
    const written = kind === 'id' ? given.id_token : given.access_token;
    const answer =
      sub === subject ? readToken(written, audience, clock) : unsuitable('it speaks of somebody else');
    return { answer, session: renewedSession(given, session) };
  } catch (thrown) {
    return { answer: { outcome: outcomeOf(thrown), detail: detailOf(thrown) } };
  }
}

function readToken(written: string | undefined, audience: string, clock: Clock): IdentityToken {
  if (written === undefined) return unsuitable('it gives no ID token at a refresh');
  try {
    const { aud = [], exp = 0 } = decodeJwt(written);
    if (![aud].flat().includes(audience)) return unsuitable(`the token is not meant for ${audience}`);
    const expiresAt = exp * 1000;
    // Written so that an end that is no number has passed as well.
    if (!(expiresAt > clock.now())) return unsuitable('the token has ended already');
    return { outcome: 'given', token: new Secret(written), expiresAt };
  } catch (thrown) {
    if (!(thrown instanceof errors.JWTInvalid)) throw thrown;
    return unsuitable('the token is no JWT, so that nobody can tell for whom it is meant');
  }
}

/**
 * `invalid_grant` is also what some providers say when a scope needs a consent that they do not have: it refuses this
 * token, and ends nothing else. Whether the session ended there is found out when groups are read again.
 */
function outcomeOf(thrown: unknown): 'none' | 'unavailable' | 'unsuitable' {
  if (thrown instanceof ResponseBodyError && thrown.error === 'invalid_grant') return 'none';
  return failureReason(thrown) === 'unavailable' ? 'unavailable' : 'unsuitable';
}

/** The provider's own words, which tell an operator what to change there. */
function detailOf(thrown: unknown): string {
  if (!(thrown instanceof ResponseBodyError)) return failureDetail(thrown);
  return `${thrown.error}: ${thrown.error_description ?? 'no description'}`;
}

function unsuitable(detail: string): IdentityToken {
  return { outcome: 'unsuitable', detail };
}
