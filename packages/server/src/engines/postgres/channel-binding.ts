import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** What ties a login to the very TLS connection that it runs over. */
export type ChannelBinding =
  /** No TLS: there is nothing to bind to. */
  | { readonly kind: 'none' }
  /** TLS, but the certificate's signature algorithm names no single hash (RFC 5929 4.1 defines none for Ed25519). */
  | { readonly kind: 'undefined' }
  | { readonly kind: 'tls-server-end-point'; readonly data: Buffer };

/** The binding data of a connection: the hash of the server's certificate (RFC 5929, section 4). */
export function channelBindingOf(socket: Duplex): ChannelBinding {
  if (!(socket instanceof TLSSocket)) return { kind: 'none' };
  const certificate = socket.getPeerX509Certificate();
  const hash = certificate === undefined ? undefined : endPointHash(certificate.signatureAlgorithm ?? '');
  if (certificate === undefined || hash === undefined) return { kind: 'undefined' };
  return {
    kind: 'tls-server-end-point',
    data: createHash(hash).update(certificate.raw).digest(),
  };
}

/** The hash that the certificate was signed with, except that MD5 and SHA-1 count as SHA-256. */
function endPointHash(signatureAlgorithm: string): string | undefined {
  const name = signatureAlgorithm.toLowerCase();
  if (/sha-?1(?!\d)|md5/.test(name)) return 'sha256';
  return /sha-?(224|256|384|512)/.exec(name)?.[0].replace('-', '');
}
