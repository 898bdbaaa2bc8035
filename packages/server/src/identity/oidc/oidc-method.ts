import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { ClaimMapping, OidcConfig } from '../../config/index.ts';
import { noWish, type SignInWish } from '../../core/index.ts';
import { attestedProof, isLateEnough, signInWords } from '../attested-proof.ts';
import { type ProvenClaims, principalFromClaims } from '../principal-from-claims.ts';
import type {
  ProviderFailure,
  RedirectBegun,
  RedirectMemory,
  RedirectMethod,
  RedirectOutcome,
  SignInFailure,
} from '../sign-in-method.ts';
import { openIdProvider, type ProviderOptions } from './provider.ts';
import { type ProviderAnswer, providerAnswer } from './provider-answer.ts';
import { failureDetail, failureReason } from './provider-failure.ts';
import { providerLink } from './provider-link.ts';

interface OidcMethodOptions extends ProviderOptions {
  /** Where the provider sends the browser back to: registered there, compared exactly. */
  readonly redirectUri: string;
}

/** With what the ID token says of the sign-in; userinfo has no say in that. */
interface SignInAnswer extends ProviderAnswer {
  readonly signInClaims: ProvenClaims;
}

/**
 * People of an OpenID provider: authorization code with PKCE, state and nonce. The library checks state, `iss`
 * (RFC 9207), the signature by the provider's keys with an algorithm that its metadata names, `iss`, `aud`, `azp`,
 * times and nonce of the ID token (OpenID Connect Core, section 3.1.3.7), and that userinfo speaks of the same subject.
 */
export function oidcMethod(options: OidcMethodOptions): RedirectMethod {
  const { config, redirectUri, clock } = options;
  const provider = openIdProvider(options);

  return {
    kind: 'redirect',
    name: config.name,
    label: config.label,
    attestsFactor: config.secondFactor !== undefined,

    async begin(wish = noWish): Promise<RedirectBegun> {
      try {
        const metadata = await provider.metadata();
        const memory = {
          state: randomState(),
          nonce: randomNonce(),
          verifier: randomPKCECodeVerifier(),
          wish,
        };
        const location = buildAuthorizationUrl(metadata, {
          redirect_uri: redirectUri,
          scope: ['openid', ...scopesFor(config, metadata)].join(' '),
          state: memory.state,
          nonce: memory.nonce,
          code_challenge: await calculatePKCECodeChallenge(memory.verifier),
          code_challenge_method: 'S256',
          ...askedFor(wish, config),
        });
        return { outcome: 'redirect', location, memory };
      } catch (thrown) {
        return failure('unavailable', thrown);
      }
    },

    async finish(answer: URL, memory: RedirectMemory): Promise<RedirectOutcome> {
      let told: SignInAnswer;
      try {
        told = await redeem(await provider.metadata(), answer, memory, config.claims);
      } catch (thrown) {
        return failure(failureReason(thrown), thrown);
      }
      const { claims, signInClaims, session } = told;
      const proof = attestedProof(signInWords(signInClaims), config.secondFactor, memory.wish, clock.now());
      if (!isLateEnough(proof, memory.wish, clock.now()))
        return unusable('the person did not sign in anew there (auth_time)');
      const reading = principalFromClaims(config.name, claims, config.claims);
      return reading.outcome === 'read'
        ? { outcome: 'proven', principal: reading.principal, proof, atProvider: session }
        : unusable(reading.detail);
    },

    afterwards: providerLink(options, provider),
  };
}

function scopesFor({ scopes }: OidcConfig, metadata: Configuration): readonly string[] {
  if (scopes !== undefined) return scopes;
  const offered = metadata.serverMetadata().scopes_supported ?? [];
  // With offline_access most providers give a refresh token, by which groups are read again.
  const wanted = ['groups', 'offline_access'].filter((scope) => offered.includes(scope));
  return ['profile', 'email', ...wanted];
}

/** OpenID Connect Core, section 3.1.2.1. A provider may ignore all of it, so what it then says is looked at. */
function askedFor(
  { factor, anew, withinMs }: SignInWish,
  { secondFactor }: OidcConfig,
): Record<string, string> {
  const contexts = factor ? (secondFactor?.contexts ?? []) : [];
  return {
    ...((anew || withinMs !== undefined) && { prompt: 'login' }),
    ...(withinMs !== undefined && { max_age: String(Math.floor(withinMs / 1000)) }),
    ...(contexts.length > 0 && { acr_values: contexts.join(' ') }),
  };
}

async function redeem(
  metadata: Configuration,
  answer: URL,
  { state, nonce, verifier }: RedirectMemory,
  mapping: ClaimMapping,
): Promise<SignInAnswer> {
  const tokens = await authorizationCodeGrant(metadata, answer, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (claims === undefined) throw new TypeError('the provider gave no ID token');
  return { ...(await providerAnswer(metadata, tokens, claims.sub, mapping)), signInClaims: claims };
}

function unusable(detail: string): SignInFailure {
  return { outcome: 'failed', reason: 'claims_unusable', detail };
}

function failure(reason: ProviderFailure, thrown: unknown): SignInFailure {
  return { outcome: 'failed', reason, detail: failureDetail(thrown) };
}
