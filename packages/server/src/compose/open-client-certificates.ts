import type { TLSSocket, TlsOptions } from 'node:tls';
import type { Config } from '../config/index.ts';
import type { Clock } from '../core/index.ts';
import type { Log, TlsIdentity } from '../gateway/index.ts';
import { ClientCertificates } from '../identity/index.ts';

/** The certificates that the config takes as a sign-in, and what the doors need for it; absent: no client is asked for one. */
export async function openClientCertificates(config: Config, tls: TlsIdentity, log: Log, clock: Clock) {
  const method = config.signIn.find(({ kind }) => kind === 'certificate');
  if (method?.kind !== 'certificate') return undefined;
  const trust = await ClientCertificates.open(method, log.problem, clock);
  const tlsOptions = (): TlsOptions => ({
    key: tls.privateKey,
    cert: tls.certificate,
    minVersion: 'TLSv1.2',
    ...trust.tlsOptions(),
  });
  const read = (socket: TLSSocket) => trust.read(socket);
  return { trust, http: { asking: trust.tlsOptions() }, door: { tlsOptions, read } };
}
