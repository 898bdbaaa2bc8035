import type { Duplex } from 'node:stream';
import { createServer, TLSSocket, type TlsOptions } from 'node:tls';
import type { Door } from '../engine.ts';
import { boundUnread, endBoundUnread } from './bound-unread.ts';

/**
 * The server's side of a TLS handshake, over a socket that is not flowing; `alpn` names the protocol for clients that
 * ask. One that breaks the handshake off, or cannot do TLS 1.2, has left.
 */
export async function acceptTls(
  socket: Duplex,
  { tls, certificates }: Required<Pick<Door, 'tls'>> & Pick<Door, 'certificates'>,
  alpn?: string,
): Promise<TLSSocket | 'left'> {
  // What counts from here on is what comes out of the TLS layer.
  endBoundUnread(socket);
  const protocols = alpn === undefined ? {} : { ALPNProtocols: [alpn] };
  const secured =
    certificates === undefined
      ? await shakeHands(new TLSSocket(socket, { isServer: true, secureContext: tls(), ...protocols }))
      : await askForCertificate(socket, { ...certificates.tlsOptions(), ...protocols });
  if (secured === 'left') {
    socket.destroy();
    return 'left';
  }
  certificates?.shown(secured);
  return secured;
}

function shakeHands(tls: TLSSocket): Promise<TLSSocket | 'left'> {
  boundUnread(tls);
  return new Promise((resolve) => {
    tls.once('secure', () => resolve(tls));
    tls.once('close', () => resolve('left'));
    tls.on('error', () => {
      tls.destroy();
      resolve('left');
    });
  });
}

/**
 * Only Node's own TLS server tells what OpenSSL found of a client's certificate, and it does not tell which connection
 * it was given; so each connection has a server of its own, which listens nowhere.
 */
function askForCertificate(socket: Duplex, options: TlsOptions): Promise<TLSSocket | 'left'> {
  const server = createServer(options);
  return new Promise((resolve) => {
    server.once('secureConnection', (tls) => {
      tls.on('error', () => tls.destroy());
      boundUnread(tls);
      resolve(tls);
    });
    server.once('tlsClientError', () => resolve('left'));
    socket.once('close', () => resolve('left'));
    server.emit('connection', socket);
  });
}
