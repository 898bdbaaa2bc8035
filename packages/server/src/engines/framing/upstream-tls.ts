import { readFile } from 'node:fs/promises';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { type Database, Refusal } from '../../core/index.ts';

/** What protects the way to a database server that does not take `tls: off`. */
export type ProtectedServer = Pick<Database, 'host' | 'tls' | 'tlsCa' | 'tlsClient'>;

/**
 * Whom to trust as this server, and the certificate to show it, as the configuration says. The files are read at
 * each connection, so that renewed ones are used without a restart. @throws when one of them cannot be read
 */
export async function upstreamTls({
  host,
  tls,
  tlsCa,
  tlsClient,
}: ProtectedServer): Promise<ConnectionOptions> {
  if (tls === 'require') return { rejectUnauthorized: false };
  const ca = tlsCa === undefined ? {} : { ca: await readFile(tlsCa) };
  const own =
    tlsClient === undefined
      ? {}
      : { cert: await readFile(tlsClient.certificate), key: await readFile(tlsClient.privateKey) };
  return {
    ...ca,
    ...own,
    rejectUnauthorized: true,
    // Node.js would compare with "localhost" when the host is an address, which has no server name.
    checkServerIdentity: (_, certificate) =>
      tls === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

/** The alerts by which a server turns away our certificate, or that we have none. */
const certificateAlert = /_ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_[A-Z]+|UNKNOWN_CA)$/;

/** Whether the server turned away our certificate, or that we have none. */
export function isCertificateRefused(cause: Error | undefined): boolean {
  return cause !== undefined && 'code' in cause && certificateAlert.test(String(cause.code));
}

/**
 * Why a server ended the connection during the login. With TLS 1.3 it looks at our certificate after the handshake
 * is over for us, so that its no comes here.
 */
export function endedDuringLogin(failure: Error | undefined, request: string): Refusal {
  const code = isCertificateRefused(failure) ? 'upstream_refused_login' : 'upstream_unreachable';
  return new Refusal(code, { request }, failure ?? 'the connection ended during the login');
}
