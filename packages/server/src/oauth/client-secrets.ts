import { timingSafeEqual } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { Client } from 'oidc-provider';
import { type Clock, hashSecret } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { clientSecretLimit } from './client-secret-limit.ts';

/**
 * Makes the library compare client secrets by their stored hashes instead of in clear. Several may be valid at once,
 * so that a secret can be changed without a gap. `proven` is called when a client showed the right one, and may refuse.
 */
export function compareSecretsByHash(
  provider: Provider,
  store: Pick<Store, 'clients' | 'attempts'>,
  clock: Clock,
  proven: (clientId: string) => Promise<void>,
): void {
  const guesses = clientSecretLimit(store, clock);
  provider.Client.prototype.compareClientSecret = async function (this: Client, presented: string) {
    await guesses.admit(this.clientId);
    const hash = Buffer.from(hashSecret(presented));
    const valid = await store.clients.secrets(this.clientId, clock.now());
    const matches = valid.some((stored) => {
      const bytes = Buffer.from(stored);
      return bytes.length === hash.length && timingSafeEqual(bytes, hash);
    });
    await (matches ? proven(this.clientId) : guesses.failed(this.clientId));
    return matches;
  };
}

/**
 * Keeps the exception for ports to the loopback addresses (RFC 8252, section 7.3). The library makes it for the name
 * `localhost` too, which a resolver may send elsewhere; there the URI must match as registered.
 */
export function matchLocalhostExactly(provider: Provider): void {
  const matches = provider.Client.prototype.redirectUriAllowed;
  provider.Client.prototype.redirectUriAllowed = function (this: Client, uri: string) {
    if (URL.parse(uri)?.hostname === 'localhost') return this.redirectUris?.includes(uri) ?? false;
    return matches.call(this, uri);
  };
}
