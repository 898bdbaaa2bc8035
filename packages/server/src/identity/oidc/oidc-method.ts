import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { ClaimMapping, OidcConfig } from '../../config/index.ts';
import { type ProvenClaims, principalFromClaims } from '../principal-from-claims.ts';
import type {
  ProviderFailure,
  RedirectBegun,
  RedirectMemory,
  RedirectMethod,
  SignInFailure,
  SignInOutcome,
} from '../sign-in-method.ts';
import { openIdProvider, type ProviderOptions } from './provider.ts';

export interface OidcMethodOptions extends ProviderOptions {
  /** Where the provider sends the browser back to: registered there, compared exactly. */
  readonly redirectUri: string;
}

/**
 * People of an OpenID provider: authorization code with PKCE, state and nonce. The library checks state, `iss`
 * (RFC 9207), the signature by the provider's keys with an algorithm that its metadata names, `iss`, `aud`, `azp`,
 * times and nonce of the ID token (OpenID Connect Core, section 3.1.3.7), and that userinfo speaks of the same subject.
 */
export function oidcMethod(options: OidcMethodOptions): RedirectMethod {
  const { config, redirectUri } = options;
  const provider = openIdProvider(options);

  return {
    kind: 'redirect',
    name: config.name,
    label: config.label,

    async begin(): Promise<RedirectBegun> {
      try {
        const metadata = await provider.metadata();
        const memory = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
        const location = buildAuthorizationUrl(metadata, {
          redirect_uri: redirectUri,
          scope: ['openid', ...scopesFor(config, metadata)].join(' '),
          state: memory.state,
          nonce: memory.nonce,
          code_challenge: await calculatePKCECodeChallenge(memory.verifier),
          code_challenge_method: 'S256',
        });
        return { outcome: 'redirect', location, memory };
      } catch (thrown) {
        return failure('unavailable', thrown);
      }
    },

    async finish(answer: URL, memory: RedirectMemory): Promise<SignInOutcome> {
      let claims: ProvenClaims;
      try {
        claims = await claimsOf(await provider.metadata(), answer, memory, config.claims);
      } catch (thrown) {
        return failure(reasonOf(thrown), thrown);
      }
      const reading = principalFromClaims(config.name, claims, config.claims);
      return reading.outcome === 'read'
        ? { outcome: 'proven', principal: reading.principal }
        : { outcome: 'failed', reason: 'claims_unusable', detail: reading.detail };
    },
  };
}

function scopesFor({ scopes }: OidcConfig, metadata: Configuration): readonly string[] {
  if (scopes !== undefined) return scopes;
  const offered = metadata.serverMetadata().scopes_supported ?? [];
  return ['profile', 'email', ...(offered.includes('groups') ? ['groups'] : [])];
}

/** What the ID token says, and userinfo where the ID token does not hold the groups. The ID token wins. */
async function claimsOf(
  metadata: Configuration,
  answer: URL,
  { state, nonce, verifier }: RedirectMemory,
  mapping: ClaimMapping,
): Promise<ProvenClaims> {
  const tokens = await authorizationCodeGrant(metadata, answer, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (claims === undefined) throw new TypeError('the provider gave no ID token');
  const hasGroups = Object.hasOwn(claims, mapping.groups[0] ?? '') || Object.hasOwn(claims, '_claim_names');
  if (hasGroups || metadata.serverMetadata().userinfo_endpoint === undefined) return claims;
  return { ...(await fetchUserInfo(metadata, tokens.access_token, claims.sub)), ...claims };
}

function reasonOf(thrown: unknown): ProviderFailure {
  if (thrown instanceof AuthorizationResponseError) {
    const { error } = thrown;
    return error === 'server_error' || error === 'temporarily_unavailable' ? 'unavailable' : 'declined';
  }
  const { code, cause } = errorFields(thrown);
  // `fetch` fails with a TypeError of its own; the library wraps it when it has a timeout.
  const noAnswer = code === 'OAUTH_TIMEOUT' || (thrown instanceof TypeError && cause instanceof Error);
  const status = cause instanceof Response ? cause.status : 0;
  return noAnswer || status >= 500 ? 'unavailable' : 'not_genuine';
}

/** The message and code of the library say what did not fit; its `cause` may hold a token and is not looked at. */
function failure(reason: ProviderFailure, thrown: unknown): SignInFailure {
  const { code, message } = errorFields(thrown);
  return { outcome: 'failed', reason, detail: code === undefined ? message : `${message} (${code})` };
}

function errorFields(thrown: unknown): {
  readonly message: string;
  readonly code: string | undefined;
  readonly cause: unknown;
} {
  if (!(thrown instanceof Error)) return { message: 'unknown', code: undefined, cause: undefined };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
  return { message: thrown.message, code, cause: thrown.cause };
}
