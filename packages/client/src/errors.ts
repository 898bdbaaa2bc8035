import {
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';

/**
 * What went wrong, for programs to branch on:
 * - `network`: no answer; trying again may help
 * - `unavailable`: the server answered 429 or 5xx; trying again later may help
 * - `insecure_issuer`: an `http:` issuer that is not on this machine
 * - `not_a_gateway`: the address serves no usable discovery document
 * - `issuer_mismatch`: the discovery document or the callback names another issuer
 * - `callback_mismatch`: the callback does not belong to the request that was started
 * - `refused`: the server refused; {@link GrantwayError.reason} is its own code (`access_denied`, `invalid_scope` …)
 * - `expired`: nobody answered the device code in time
 * - `invalid_response`: the server's answer breaks the protocol
 * - `needs_reconnect`: the person's consent has ended; send them through the browser again
 * - `busy`: another process has been renewing the same token for too long
 */
export type GrantwayErrorCode =
  | 'network'
  | 'unavailable'
  | 'insecure_issuer'
  | 'not_a_gateway'
  | 'issuer_mismatch'
  | 'callback_mismatch'
  | 'refused'
  | 'expired'
  | 'invalid_response'
  | 'needs_reconnect'
  | 'busy';

/** Every failure of this package. `message` is one sentence for a person and never holds a token. */
export class GrantwayError extends Error {
  override readonly name = 'GrantwayError';
  readonly code: GrantwayErrorCode;
  /** The server's own code of `refused`, and where it gave one of `unavailable`. */
  readonly reason: string | undefined;

  constructor(code: GrantwayErrorCode, message: string, options: { reason?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
  }
}

/** Turns what `fetch` and the protocol library throw into a {@link GrantwayError}. */
export function toGrantwayError(thrown: unknown): GrantwayError {
  if (thrown instanceof GrantwayError) return thrown;
  if (thrown instanceof ResponseBodyError || thrown instanceof AuthorizationResponseError) {
    return new GrantwayError('refused', thrown.error_description ?? sentenceFor(thrown.error), {
      reason: thrown.error,
    });
  }
  if (thrown instanceof WWWAuthenticateChallengeError) {
    return new GrantwayError('refused', 'The server wants another sign-in.', { reason: 'invalid_token' });
  }
  if (isBrokenOff(thrown)) return brokenOff(thrown);
  if (thrown instanceof OperationProcessingError) {
    return new GrantwayError('invalid_response', `The server's answer cannot be used: ${thrown.message}`, {
      cause: thrown,
    });
  }
  if (thrown instanceof DOMException && (thrown.name === 'TimeoutError' || thrown.name === 'AbortError')) {
    return new GrantwayError('network', 'The server did not answer in time.', { cause: thrown });
  }
  if (thrown instanceof TypeError) {
    // What fetch throws when it cannot connect; the reason is one level down.
    const reason = thrown.cause instanceof Error ? reasonOf(thrown.cause) : thrown.message;
    return new GrantwayError('network', `The server cannot be reached: ${reason}`, { cause: thrown });
  }
  return new GrantwayError('invalid_response', 'The server sent something unexpected.', { cause: thrown });
}

/**
 * How Node.js says that no authority it trusts signed a certificate. The gateway has the same list, and no package owns it
 * for both: this one is installed by applications, which need nothing of a gateway, and a gateway needs nothing of it.
 */
const unknownAuthority = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

function reasonOf(cause: Error): string {
  return 'code' in cause && unknownAuthority.has(String(cause.code))
    ? 'its certificate is not signed by an authority that is trusted here. NODE_EXTRA_CA_CERTS=FILE names one more.'
    : cause.message;
}

/** Whether an answer ended in the middle: the library calls that a body that cannot be parsed, and so it would not be tried again. */
export function isBrokenOff(thrown: unknown): boolean {
  return thrown instanceof OperationProcessingError && thrown.cause instanceof TypeError;
}

/** The error for an answer that ended in the middle. */
export function brokenOff(cause: unknown): GrantwayError {
  return new GrantwayError('network', 'The answer of the server broke off.', { cause });
}

function sentenceFor(error: string): string {
  return error === 'access_denied' ? 'The request was denied.' : `The server refused: ${error}.`;
}
