import type { IncomingMessage } from 'node:http';
import type Provider from 'oidc-provider';

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/** How a request addresses us, judged by its Host header and its target. */
export type Addressed =
  /** By the issuer's own host. */
  | { readonly outcome: 'issuer' }
  /** By another name of this machine; a browser must go to the issuer's, or its cookies would not follow. */
  | { readonly outcome: 'alias' }
  | { readonly outcome: 'foreign' };

/**
 * Compares the Host header with the issuer. For an issuer on loopback the other names of loopback are accepted with
 * the same port. A target that is a whole URL, or starts with two slashes, is foreign: it could name another host.
 */
export function addressed(request: Pick<IncomingMessage, 'headers' | 'url'>, issuer: URL): Addressed {
  const target = request.url ?? '';
  if (!target.startsWith('/') || target.startsWith('//')) return { outcome: 'foreign' };
  const host = request.headers.host?.toLowerCase();
  if (host === issuer.host) return { outcome: 'issuer' };
  if (host === undefined || !loopbackNames.includes(issuer.hostname)) return { outcome: 'foreign' };
  const port = issuer.port === '' ? '' : `:${issuer.port}`;
  return { outcome: loopbackNames.some((name) => host === name + port) ? 'alias' : 'foreign' };
}

/**
 * Makes the library build every URL from the issuer. By itself it takes scheme and host from the request, so that
 * a forged Host header would send clients to somebody else's endpoints.
 */
export function pinOrigin(provider: Provider, issuer: URL): void {
  Object.defineProperties(provider.request, {
    protocol: { get: () => issuer.protocol.slice(0, -1) },
    host: { get: () => issuer.host },
  });
}
