import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
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
  // Also for what is written: the answers to requests that were sent ahead wait within it.
  highWaterMark: 16 * 1024,
} as const satisfies ServerOptions;

const handshakeTimeout = 10_000;
/** How long somebody may leave an answer unread. A stream of rows may be left for as long as its reader likes. */
const unreadTimeoutMs = 14_000;
/**
 * Requests on one socket that wait for their answers. Of pipelined ones thousands fit into what is read at once, and Node
 * would make all of them into objects that wait; clients must expect to send them again (RFC 9112, section 9.3.2).
 */
const mostSentAhead = 4;
/** Far above what pages and API calls need, far below the descriptors that the wire doors need. */
const maxConnections = 2_000;

/**
 * The node server under fastify.
 * @throws Error when clear text was wanted beyond this machine, or TLS without a certificate
 */
export function httpListener(handler: RequestListener, issuer: URL, tls: HttpTls | undefined): Server {
  const unanswered = new WeakMap<Socket, number>();
  const count = (socket: Socket, by: 1 | -1): number => {
    const now = (unanswered.get(socket) ?? 0) + by;
    unanswered.set(socket, now);
    return now;
  };
  const server = listenerFor(
    (request, response) => {
      const { socket } = request;
      if (count(socket, 1) > mostSentAhead) return void socket.destroy();
      response.once('close', () => count(socket, -1));
      handler(request, response);
    },
    issuer,
    tls,
  );
  server.maxConnections = maxConnections;
  // Node has no limit for an answer that is not taken. Whoever handles this event must also see to sockets between two
  // requests; only a statement that takes long is neither.
  server.setTimeout(unreadTimeoutMs, (socket: Socket) => {
    const isAtWork = (unanswered.get(socket) ?? 0) > 0 && socket.writableLength === 0;
    if (!isAtWork) socket.destroy();
  });
  return server;
}

/** Takes the limit off for this answer: its reader was let in and may take its time. */
export function mayBeReadSlowly({ socket }: IncomingMessage): void {
  socket.setTimeout(0);
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
