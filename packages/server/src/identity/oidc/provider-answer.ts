import {
  type Configuration,
  fetchUserInfo,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import type { ClaimMapping } from '../../config/index.ts';
import { Secret } from '../../core/index.ts';
import type { ProvenClaims } from '../principal-from-claims.ts';
import type { ProviderSession } from '../sign-in-method.ts';

/** What a provider's token endpoint gave, once the library checked it. */
export interface ProviderAnswer {
  readonly claims: ProvenClaims;
  readonly session: ProviderSession;
}

/**
 * What the ID token says, and userinfo where there is none or it does not hold the groups. The ID token wins. `before`
 * is the session that a refresh continues: what the provider does not give anew stays as it was (OpenID Connect Core,
 * section 12.2, where the ID token may be left out; RFC 6749, section 6, for the refresh token).
 * @throws Error when somebody else is spoken of, or nobody
 */
export async function providerAnswer(
  metadata: Configuration,
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
  subject: string,
  mapping: ClaimMapping,
  before?: ProviderSession,
): Promise<ProviderAnswer> {
  const signed = tokens.claims();
  if (signed !== undefined && signed.sub !== subject) throw new TypeError('the ID token is of somebody else');
  const isComplete =
    signed !== undefined &&
    (Object.hasOwn(signed, mapping.groups[0] ?? '') || Object.hasOwn(signed, '_claim_names'));
  const asks = !isComplete && metadata.serverMetadata().userinfo_endpoint !== undefined;
  if (!asks && signed === undefined) throw new TypeError('the provider says nothing of the person');
  const told = asks ? await fetchUserInfo(metadata, tokens.access_token, subject) : {};

  const idToken = tokens.id_token === undefined ? before?.idToken : new Secret(tokens.id_token);
  if (idToken === undefined) throw new TypeError('the provider gave no ID token');
  const refreshToken =
    tokens.refresh_token === undefined ? before?.refreshToken : new Secret(tokens.refresh_token);
  const id = typeof signed?.sid === 'string' ? signed.sid : before?.id;
  return {
    claims: { ...told, ...signed },
    session: {
      idToken,
      ...(refreshToken !== undefined && { refreshToken }),
      ...(id !== undefined && { id }),
    },
  };
}

/** The session after a refresh of which nothing else can be used: as it was, with the refresh token that came. */
export function renewedSession(
  { refresh_token: given }: TokenEndpointResponse,
  before: ProviderSession,
): ProviderSession {
  return given === undefined ? before : { ...before, refreshToken: new Secret(given) };
}
