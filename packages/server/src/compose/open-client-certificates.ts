import type { TLSSocket, TlsOptions } from 'node:tls';
import type { Config } from '../config/index.ts';
import type { Clock } from '../core/index.ts';
import type { DoorCertificates, Log, TlsIdentity } from '../gateway/index.ts';
import type { HttpTls } from '../http/index.ts';
import { ClientCertificates } from '../identity/index.ts';

/** What a TLS server of ours shows, whether it asks for a certificate or not. */
export function ownTlsOptions({ privateKey, certificate }: TlsIdentity): TlsOptions {
  return { key: privateKey, cert: certificate, minVersion: 'TLSv1.2' };
}

/** The certificates that the config takes as a sign-in, and what the doors need for it. */
export interface CertificateSignIn {
  readonly trust: ClientCertificates;
  readonly http: Pick<HttpTls, 'asking'>;
  readonly door: DoorCertificates;
}

/** Undefined where the config takes no certificate: no client is asked for one. */
export async function openClientCertificates(
  config: Config,
  identity: () => TlsIdentity,
  log: Log,
  clock: Clock,
): Promise<CertificateSignIn | undefined> {
  const method = config.signIn.find(({ kind }) => kind === 'certificate');
  if (method?.kind !== 'certificate') return undefined;
  const trust = await ClientCertificates.open(method, log.problem, clock);
  const tlsOptions = (): TlsOptions => ({ ...ownTlsOptions(identity()), ...trust.tlsOptions() });
  const read = (socket: TLSSocket) => trust.read(socket);
  return { trust, http: { asking: trust.tlsOptions() }, door: { tlsOptions, read } };
}
