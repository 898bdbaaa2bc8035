import { AuthorizationResponseError } from 'openid-client';
import type { ProviderFailure } from '../sign-in-method.ts';

/** Whose failure it is that an exchange with a provider did not come to its end. */
export function failureReason(thrown: unknown): ProviderFailure {
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
export function failureDetail(thrown: unknown): string {
  const { code, message } = errorFields(thrown);
  return code === undefined ? message : `${message} (${code})`;
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
