import { errors } from 'oidc-provider';
import type { Clock } from '../core/index.ts';
import type { Store } from '../store/index.ts';

/** Clients that registered themselves and that nobody has used yet, at one time: some megabytes of the store. */
const unusedAtMost = 10_000;

/**
 * Refuses another client that registers itself, over HTTP or by a document, while there are too many that nobody uses.
 * Each address may do so only so often; this is for many addresses. Those that stay unused are removed after a week.
 * @throws errors.OIDCProviderError with status 429: what a status from 500 says, the library hides
 */
export async function boundSelfRegistration(
  clients: Pick<Store['clients'], 'countUnused'>,
  clock: Clock,
): Promise<void> {
  if ((await clients.countUnused(clock.now())) < unusedAtMost) return;
  const full = new errors.OIDCProviderError(429, 'temporarily_unavailable');
  full.error_description =
    'Too many clients have registered and were never used. Try again in some days, or ask whoever runs this gateway to register yours.';
  throw full;
}
