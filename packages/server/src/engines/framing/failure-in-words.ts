import { Refusal } from '../../core/index.ts';

/**
 * How Node.js (OpenSSL's `X509_V_ERR_…`) says that no authority it trusts signed a certificate. `@grantway/client` has the
 * same list; see there why.
 */
const unknownAuthority = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/**
 * What an operator needs to know of a connection that did not come about: the server's own words where there are some,
 * and the key to set where Node.js would tell how to start Node.js.
 */
export function failureInWords(failure: unknown): string {
  if (failure instanceof Refusal && failure.cause !== undefined) return failureInWords(failure.cause);
  if (!(failure instanceof Error)) return String(failure);
  if ('code' in failure && unknownAuthority.has(String(failure.code)))
    return 'its certificate is not signed by an authority that is trusted here. Name the file of the one that signed it in tlsCa';
  return failure.message;
}
