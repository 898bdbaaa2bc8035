// @peculiar/x509 looks for this polyfill while it loads.
import 'reflect-metadata';
import { X509Crl } from '@peculiar/x509';
import { certificateId } from '../../core/index.ts';

/** The revocation lists of one file. */
export interface RevocationLists {
  /** Each list by itself, as OpenSSL takes them. */
  readonly pem: readonly string[];
  /** What they revoke, as {@link certificateId}. */
  readonly revoked: ReadonlySet<string>;
  /** When the first of them is out of date, in wall-clock milliseconds. */
  readonly endsAt: number;
}

/**
 * Reads a file of revocation lists (RFC 5280, section 5), of one authority or of several. Whether they are signed by
 * these, and in date, OpenSSL says in each handshake; `endsAt` is for the sessions that had theirs before.
 * @throws Error when there is none, or one is garbled
 */
export function readRevocationLists(content: string): RevocationLists {
  const pem = content.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? [];
  if (pem.length === 0) throw new Error('there is no revocation list (PEM) in the file');
  const revoked = new Set<string>();
  let endsAt = Number.POSITIVE_INFINITY;
  for (const one of pem) {
    const { issuer, entries, nextUpdate } = new X509Crl(one);
    if (nextUpdate !== undefined) endsAt = Math.min(endsAt, nextUpdate.getTime());
    for (const { serialNumber } of entries) revoked.add(certificateId(issuer, serialNumber));
  }
  return { pem, revoked, endsAt };
}
