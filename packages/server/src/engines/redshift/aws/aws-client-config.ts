import { createHash } from 'node:crypto';
import { principalId } from '../../../core/index.ts';
import { awsOf, type LoginGrantee } from './login-grantee.ts';

/** The first try and three more, with the SDK's exponential back-off and jitter. */
const maxAttempts = 4;
/** In milliseconds, of one try. */
const requestHandler = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true };

/**
 * How a client of the AWS SDK is set up for a permit: region, endpoint, and the identity that signs. That is the
 * SDK's standard chain (environment, profile, container, instance), or the role's AWS role, assumed by it.
 *
 * An assumed role's session carries the person's name, so that CloudTrail says for whom it was.
 */
export async function awsClientConfig(grantee: LoginGrantee, request: string) {
  const { region, endpoint } = awsOf(grantee, request);
  const place = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  const shared = { ...place, maxAttempts, retryMode: 'standard', requestHandler };
  const { awsRole } = grantee.role;
  // The SDK is large, and most gateways serve no Redshift.
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const own = fromNodeProviderChain({ clientConfig: shared });
  if (awsRole === undefined) return { ...shared, credentials: own };
  const params = { RoleArn: awsRole, RoleSessionName: sessionName(principalId(grantee.principal)) };
  return {
    ...shared,
    credentials: fromTemporaryCredentials({ masterCredentials: own, params, clientConfig: shared }),
  };
}

/** A name of 2 to 64 characters that STS takes. What had to be changed gets a hash, so that no two people look alike. */
function sessionName(person: string): string {
  const plain = person.replace(':', '.');
  const taken = plain.replaceAll(/[^\w+=,.@-]/g, '_');
  if (taken === plain && plain.length <= 64) return plain;
  const mark = createHash('sha256').update(person).digest('hex').slice(0, 12);
  return `${taken.slice(0, 51)}-${mark}`;
}
