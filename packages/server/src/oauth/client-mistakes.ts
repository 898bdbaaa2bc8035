import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { hideSecrets } from '../core/index.ts';
import type { ClientError } from '../store/index.ts';
import { redirectDifference } from './redirect-difference.ts';

const longestSentence = 500;

/**
 * What went wrong for a client, told to its developer; undefined for what is no mistake of theirs. `registered` are its
 * redirect URIs, also those that test mode leaves out.
 */
export function clientMistake(
  ctx: KoaContextWithOIDC,
  thrown: Error,
  registered: readonly string[],
): Pick<ClientError, 'error' | 'sentence'> | undefined {
  if (!(thrown instanceof errors.OIDCProviderError) || thrown.statusCode >= 500) return undefined;
  if (thrown instanceof errors.SlowDown || thrown instanceof errors.AuthorizationPending) return undefined;
  return {
    error: thrown.error,
    sentence: hideSecrets(sentenceFor(ctx, thrown, registered)).slice(0, longestSentence),
  };
}

function sentenceFor(
  ctx: KoaContextWithOIDC,
  thrown: errors.OIDCProviderError,
  registered: readonly string[],
): string {
  const { client, params, route } = ctx.oidc;
  if (thrown instanceof errors.InvalidRedirectUri)
    return redirectDifference(String(params?.redirect_uri ?? ''), {
      registered,
      usable: client?.redirectUris ?? [],
      anyPort: client?.applicationType === 'native',
    });
  // The library keeps from a caller what only the developer should know: which check it was.
  const detail = thrown.error_detail ?? thrown.error_description ?? thrown.error;
  return `At the ${route} endpoint: ${detail}`;
}
