import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';
import { boundUnread, endBoundUnread } from './bound-unread.ts';

/**
 * The server's side of a TLS handshake, over a socket that is not flowing; `alpn` names the protocol for clients that
 * ask. One that breaks the handshake off, or cannot do TLS 1.2, has left.
 */
export async function acceptTls(
  socket: Duplex,
  secureContext: SecureContext,
  alpn?: string,
): Promise<TLSSocket | 'left'> {
  // What counts from here on is what comes out of the TLS layer.
  endBoundUnread(socket);
  const tls = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  });
  boundUnread(tls);
  const outcome = await new Promise<'secure' | 'left'>((resolve) => {
    tls.once('secure', () => resolve('secure'));
    tls.once('close', () => resolve('left'));
    tls.on('error', () => {
      tls.destroy();
      resolve('left');
    });
  });
  if (outcome === 'secure') return tls;
  socket.destroy();
  return 'left';
}
