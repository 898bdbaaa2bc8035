import * as oauth from 'oauth4webapi';
import { GrantwayError } from './errors.ts';

/** What a sign-in or a refresh gives. Times are wall-clock milliseconds. */
export interface Tokens {
  readonly accessToken: string;
  readonly expiresAt: number;
  /** Replace the stored one before the access token is used: the old one is spent. */
  readonly refreshToken?: string;
  readonly scope: string;
  /** Where to connect with the access token as the password; absent for a token without a database. */
  readonly connection?: Connection;
  /** Who signed in, when `openid` was asked. */
  readonly person?: { readonly subject: string; readonly name: string };
}

/** What a program needs to connect, as the token response tells it. */
export interface Connection {
  readonly database: string;
  readonly role: string;
  readonly engine: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
}

/**
 * Reads a checked token response. `expires_in` must be there: a token of unknown life can neither be kept nor
 * refreshed in time. @throws GrantwayError `invalid_response`
 */
export function readTokens(response: oauth.TokenEndpointResponse, now: number): Tokens {
  if (response.expires_in === undefined) {
    throw new GrantwayError('invalid_response', 'The server did not say how long the token lasts.');
  }
  const claims = oauth.getValidatedIdTokenClaims(response);
  const connection = readConnection(response);
  return {
    accessToken: response.access_token,
    expiresAt: now + response.expires_in * 1000,
    ...(response.refresh_token === undefined ? {} : { refreshToken: response.refresh_token }),
    scope: response.scope ?? '',
    ...(connection === undefined ? {} : { connection }),
    ...(claims === undefined
      ? {}
      : {
          person: { subject: claims.sub, name: typeof claims.name === 'string' ? claims.name : claims.sub },
        }),
  };
}

function readConnection(response: oauth.TokenEndpointResponse): Connection | undefined {
  if (response.database === undefined) return undefined;
  const { port } = response;
  if (typeof port !== 'number') throw incomplete();
  return {
    database: textOf(response.database),
    role: textOf(response.role),
    engine: textOf(response.engine),
    host: textOf(response.host),
    port,
    username: textOf(response.username),
  };
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw incomplete();
  return value;
}

function incomplete(): GrantwayError {
  return new GrantwayError('invalid_response', 'The server did not say where to connect.');
}
