import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ClientCertificateConfig } from '../config/index.ts';
import type { CertificateAuthentication } from './client-metadata.ts';

/**
 * How a client of the config is known by its certificate, in the words of RFC 8705, section 2.
 * @throws Error when the file cannot be read or has no certificate in it
 */
export async function certificateAuthentication(
  config: ClientCertificateConfig,
): Promise<CertificateAuthentication> {
  if (config.by !== 'file')
    return {
      token_endpoint_auth_method: 'tls_client_auth',
      [`tls_client_auth_san_${config.by}`]: config.value,
    };
  const certificate = new X509Certificate(await readFile(config.file));
  const key = certificate.publicKey.export({ format: 'jwk' });
  return {
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: { keys: [{ ...key, x5c: [certificate.raw.toString('base64')] }] },
  };
}
