import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import type { ProviderFailure } from '../sign-in-method.ts';

/** Whose failure it is that an exchange with a provider did not come to its end. */
export function failureReason(thrown: unknown): ProviderFailure {
  const word = errorWord(thrown);
  if (word === 'server_error' || word === 'temporarily_unavailable') return 'unavailable';
  if (thrown instanceof AuthorizationResponseError || thrown instanceof WWWAuthenticateChallengeError)
    return 'declined';
  // A code that is too old, was used, or was given to another browser (RFC 6749, section 5.2).
  if (thrown instanceof ResponseBodyError) return word === 'invalid_grant' ? 'not_genuine' : 'declined';
  const { code, cause } = errorFields(thrown);
  // `fetch` fails with a TypeError of its own; the library wraps it when it has a timeout.
  const noAnswer = code === 'OAUTH_TIMEOUT' || (thrown instanceof TypeError && cause instanceof Error);
  const status = cause instanceof Response ? cause.status : 0;
  return noAnswer || status >= 500 ? 'unavailable' : 'not_genuine';
}

/**
 * The message and code of the library say what did not fit, the provider's word why it refused: that tells a wrong
 * secret from a scope that the client may not have. Its description is left out, since it may repeat what we sent.
 */
export function failureDetail(thrown: unknown): string {
  const { code, message } = errorFields(thrown);
  const inBrackets = errorWord(thrown) ?? code;
  return inBrackets === undefined ? message : `${message} (${inBrackets})`;
}

/** The `error` of an OAuth answer. The registered ones and those of providers are such words; a token is none. */
function errorWord(thrown: unknown): string | undefined {
  const isOAuth = thrown instanceof ResponseBodyError || thrown instanceof AuthorizationResponseError;
  return isOAuth && /^[a-z_]{1,64}$/.test(thrown.error) ? thrown.error : undefined;
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
