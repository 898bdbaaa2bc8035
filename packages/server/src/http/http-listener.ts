import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { isLoopback } from '../config/index.ts';

/** Key and certificate of the HTTPS listener, both PEM. */
export interface HttpTls {
  readonly key: string;
  readonly cert: string;
  /** How clients are asked for a certificate; absent: they are not. */
  readonly asking?: TlsOptions;
}

/** What an unknown peer may cost. Sockets are checked once a second, so the worst case stays under 15 s. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 14_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const satisfies ServerOptions;

const handshakeTimeout = 10_000;
/** Far above what pages and API calls need, far below the descriptors that the wire doors need. */
const maxConnections = 2_000;

/**
 * The node server under fastify.
 * @throws Error when clear text was wanted beyond this machine, or TLS without a certificate
 */
export function httpListener(handler: RequestListener, issuer: URL, tls: HttpTls | undefined): Server {
  const server = listenerFor(handler, issuer, tls);
  server.maxConnections = maxConnections;
  return server;
}

function listenerFor(handler: RequestListener, issuer: URL, tls: HttpTls | undefined): Server {
  if (issuer.protocol === 'https:') {
    if (!tls) throw new Error(`the issuer ${issuer.origin} needs a certificate`);
    const { key, cert, asking } = tls;
    return createTlsServer(
      { ...limits, key, cert, ...asking, handshakeTimeout, minVersion: 'TLSv1.2' },
      handler,
    );
  }
  if (!isLoopback(issuer.hostname))
    throw new Error(`the issuer ${issuer.origin} must be https: passwords and tokens would cross in clear`);
  return createServer(limits, handler);
}
