import * as oauth from 'oauth4webapi';
import { databaseResource } from './access.ts';
import { GrantwayError } from './errors.ts';
import { answered, type Gateway, processed } from './gateway.ts';
import { withRetries } from './retries.ts';
import { readTokens, type Tokens } from './tokens.ts';

/** What came of a refresh token. A failure that says nothing of the consent is thrown. */
export type RefreshOutcome =
  | { readonly outcome: 'refreshed'; readonly tokens: Tokens }
  /** The consent ended, or the token was used by somebody else: the person must agree again. */
  | { readonly outcome: 'invalid_grant' };

/** How long a refresh may take, in milliseconds. */
export interface RefreshLimits {
  /** For one try. */
  readonly attemptMs: number;
  /** Until the last try begins. The server gives an honest retry the same successor for 30 s, not longer. */
  readonly retryForMs: number;
}

const defaultLimits: RefreshLimits = { attemptMs: 15_000, retryForMs: 10_000 };
const inFlight = new Map<string, Promise<RefreshOutcome>>();

/**
 * Spends a refresh token (RFC 6749 section 6) for a database, or for the sign-in alone. Callers in one process that
 * come with the same token share one request; between processes the caller needs a lock. Network failures, 429 and 5xx are
 * retried with the same token. Store the new refresh token before you use the access token.
 * @throws GrantwayError `network` and `unavailable` after the last try: the refresh token is still good then.
 */
export function refresh(
  gateway: Gateway,
  refreshToken: string,
  database?: string,
  limits: RefreshLimits = defaultLimits,
): Promise<RefreshOutcome> {
  const key = JSON.stringify([gateway.issuer, database ?? '', refreshToken]);
  const running = inFlight.get(key);
  if (running !== undefined) return running;
  const started = withRetries(
    limits.retryForMs,
    async () => await refreshOnce(gateway, refreshToken, database, limits.attemptMs),
  ).finally(() => inFlight.delete(key));
  inFlight.set(key, started);
  return started;
}

async function refreshOnce(
  gateway: Gateway,
  refreshToken: string,
  database: string | undefined,
  attemptMs: number,
): Promise<RefreshOutcome> {
  const response = await answered(
    oauth.refreshTokenGrantRequest(gateway.metadata, gateway.client, gateway.clientAuth, refreshToken, {
      ...gateway.request,
      signal: () => AbortSignal.timeout(attemptMs),
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
