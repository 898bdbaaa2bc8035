import * as oauth from 'oauth4webapi';
import { databaseResource } from './access.ts';
import { GrantwayError } from './errors.ts';
import { answered, type Gateway, processed } from './gateway.ts';
import { readTokens, type Tokens } from './tokens.ts';

export type RefreshOutcome =
  | { readonly outcome: 'refreshed'; readonly tokens: Tokens }
  /** The consent ended, or the token was used by somebody else: the person must agree again. */
  | { readonly outcome: 'invalid_grant' };

/** Waits between the tries, in milliseconds; the server gives an honest retry the same successor for 30 s. */
const retryDelaysMs = [300, 1500, 4000];

const inFlight = new Map<string, Promise<RefreshOutcome>>();

/**
 * Spends a refresh token (RFC 6749 section 6) for a database, or for the sign-in alone. Callers in one process that
 * come with the same token share one request; between processes the caller needs a lock. Network failures, 429 and 5xx are
 * retried with the same token. Store the new refresh token before you use the access token.
 * @throws GrantwayError `network` and `unavailable` after the last try: the refresh token is still good then.
 */
export function refresh(gateway: Gateway, refreshToken: string, database?: string): Promise<RefreshOutcome> {
  const key = JSON.stringify([gateway.issuer, database ?? '', refreshToken]);
  const running = inFlight.get(key);
  if (running !== undefined) return running;
  const started = refreshWithRetries(gateway, refreshToken, database).finally(() => inFlight.delete(key));
  inFlight.set(key, started);
  return started;
}

async function refreshWithRetries(
  gateway: Gateway,
  refreshToken: string,
  database: string | undefined,
): Promise<RefreshOutcome> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await refreshOnce(gateway, refreshToken, database);
    } catch (thrown) {
      if (!mayTryAgain(thrown)) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  return refreshOnce(gateway, refreshToken, database);
}

function mayTryAgain(thrown: unknown): boolean {
  return thrown instanceof GrantwayError && (thrown.code === 'network' || thrown.code === 'unavailable');
}

async function refreshOnce(
  gateway: Gateway,
  refreshToken: string,
  database: string | undefined,
): Promise<RefreshOutcome> {
  const response = await answered(
    oauth.refreshTokenGrantRequest(gateway.metadata, gateway.client, oauth.None(), refreshToken, {
      ...gateway.request,
      ...(database === undefined
        ? {}
        : { additionalParameters: { resource: databaseResource(gateway, database) } }),
    }),
  );
  try {
    const result = await processed(
      oauth.processRefreshTokenResponse(gateway.metadata, gateway.client, response),
    );
    return { outcome: 'refreshed', tokens: readTokens(result, Date.now()) };
  } catch (thrown) {
    if (thrown instanceof GrantwayError && thrown.reason === 'invalid_grant') {
      return { outcome: 'invalid_grant' };
    }
    throw thrown;
  }
}
