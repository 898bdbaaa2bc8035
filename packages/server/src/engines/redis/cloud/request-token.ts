import type { Database, Role } from '../../../core/index.ts';
import { Refusal, Secret } from '../../../core/index.ts';
import { signAwsToken } from './sign-aws-token.ts';

/** A password that a cloud issued. */
export interface IssuedToken {
  readonly password: Secret;
  /** Wall-clock milliseconds up to which it is good for a sign-in. */
  readonly usableUntil: number;
  /** Wall-clock milliseconds at which a connection that signed in with it signs in again. */
  readonly renewAt: number;
  /** Wall-clock milliseconds at which such a connection ends, if it did not; shortly before the cloud ends it. */
  readonly endsAt: number;
}

/** AWS takes a token for 15 minutes. */
const awsUsableMs = 14 * 60_000;
/** AWS ends a connection 12 hours after its last sign-in. */
const awsRenewMs = 11 * 3_600_000;
const awsEndsMs = 12 * 3_600_000;
/** Azure asks for at least 3 minutes, and the way to the server takes time. */
const renewBeforeMs = 5 * 60_000;
/** So that a session hears why it ends before the cloud cuts it. */
const endBeforeMs = 10_000;

const googleScope = 'https://www.googleapis.com/auth/cloud-platform';
const azureScope = 'https://redis.azure.com/.default';

/**
 * Asks the database's cloud for a password of the role's login, as the identity that the process has in that cloud.
 * The libraries are loaded by the first call that needs them.
 * @throws Refusal `upstream_refused_login` with the cloud's own words as the cause
 */
export async function requestToken(
  { cloud, name }: Database,
  role: Role,
  now: number,
  request: string,
): Promise<IssuedToken> {
  try {
    switch (cloud?.kind) {
      case 'elasticache':
      case 'memorydb': {
        const password = await signAwsToken(cloud, role.login, new Date(now));
        return {
          password,
          usableUntil: now + awsUsableMs,
          renewAt: now + awsRenewMs,
          endsAt: now + awsEndsMs - endBeforeMs,
        };
      }
      case 'memorystore':
        return await fromGoogle();
      case 'azure':
        return await fromAzure();
      case undefined:
        throw new TypeError(`the database ${name} has no cloud`);
    }
  } catch (thrown) {
    throw new Refusal('upstream_refused_login', { request }, thrown);
  }
}

async function fromGoogle(): Promise<IssuedToken> {
  const { GoogleAuth } = await import('google-auth-library');
  // A new one each time: one that is kept gives its cached token up to the last minutes.
  const client = await new GoogleAuth({ scopes: [googleScope] }).getClient();
  const { token } = await client.getAccessToken();
  return issued(token, client.credentials.expiry_date, 'Google');
}

async function fromAzure(): Promise<IssuedToken> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  const given = await new DefaultAzureCredential().getToken(azureScope);
  return issued(given.token, given.expiresOnTimestamp, 'Azure');
}

function issued(
  token: string | null | undefined,
  expiresAt: number | null | undefined,
  cloud: string,
): IssuedToken {
  if (typeof token !== 'string' || typeof expiresAt !== 'number') {
    throw new Error(`${cloud} gave no token with an end`);
  }
  const renewAt = expiresAt - renewBeforeMs;
  return { password: new Secret(token), usableUntil: renewAt, renewAt, endsAt: expiresAt - endBeforeMs };
}
