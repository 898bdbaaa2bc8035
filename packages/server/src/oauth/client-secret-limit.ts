import Provider from 'oidc-provider';
import { type Clock, network, Refusal } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { asOAuthError } from './request-counter.ts';

/** Wrong secrets for one client from one address, before that address has to wait for the rest of the window. */
const limit = { failures: 20, windowMs: 15 * 60_000 } as const;

/** Slows down who guesses a client's secret (OAuth 2.1, section 2.4.1), and nobody else. */
export interface SecretLimit {
  /** @throws the library's error with status 429 when this address has guessed too often for this client */
  admit(clientId: string): Promise<void>;
  /** Counts a wrong secret. */
  failed(clientId: string): Promise<void>;
}

/** The counters are in the store, so that a restart or another gateway gives no new tries. */
export function clientSecretLimit({ attempts }: Pick<Store, 'attempts'>, clock: Clock): SecretLimit {
  const key = (clientId: string) =>
    JSON.stringify(['client-secret', clientId, network(Provider.ctx?.ip ?? 'unknown')]);
  return {
    async admit(clientId) {
      const now = clock.now();
      const { count, endsAt } = await attempts.peek(key(clientId), now);
      if (count < limit.failures) return;
      const refusal = new Refusal('throttled', { seconds: Math.ceil((endsAt - now) / 1000) });
      Provider.ctx?.set('Retry-After', String(refusal.details.seconds));
      throw asOAuthError(refusal);
    },
    async failed(clientId) {
      await attempts.add(key(clientId), limit.windowMs, clock.now());
    },
  };
}
