import 'reflect-metadata';
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Config } from '../config/index.ts';
import { systemReason } from '../core/index.ts';

/** The certificate that every TLS door shows. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly privateKey: string;
  readonly context: SecureContext;
  /** SHA-256 of the certificate, as `AA:BB:…`, for people to compare. */
  readonly fingerprint: string;
  /** True when Grantway made it itself, so that clients must be told to trust it. */
  readonly selfMade: boolean;
  /** Where the certificate is on disk: what a client gives as `sslrootcert`. */
  readonly certificateFile: string;
}

const tenYearsMs = 10 * 365 * 24 * 3_600_000;

/**
 * Reads the configured certificate, or makes one in the data directory at the first start and keeps it.
 * @throws when a file cannot be read, or key and certificate do not belong together
 */
export async function loadTlsIdentity(
  config: Pick<Config, 'tls' | 'dataDir' | 'issuer'>,
): Promise<TlsIdentity> {
  const selfMade = config.tls === undefined;
  const files =
    config.tls ?? (await selfMadeFiles(join(config.dataDir, 'tls'), new URL(config.issuer).hostname));
  const certificate = await readPem('tls.certificate', files.certificate);
  const privateKey = await readPem('tls.privateKey', files.privateKey);
  return {
    certificate,
    privateKey,
    context: createSecureContext({ cert: certificate, key: privateKey, minVersion: 'TLSv1.2' }),
    fingerprint: new X509Certificate(certificate).fingerprint256,
    selfMade,
    certificateFile: files.certificate,
  };
}

async function readPem(key: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(`The file ${path} of ${key} cannot be read: ${systemReason(cause)}.`, { cause });
  }
}

async function selfMadeFiles(directory: string, hostname: string) {
  const files = { certificate: join(directory, 'server.crt'), privateKey: join(directory, 'server.key') };
  const there = await readFile(files.certificate).then(
    () => true,
    () => false,
  );
  if (there) return files;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const made = await selfSigned(hostname);
  // The certificate is renamed into place last: its presence says that both are complete.
  await writeFile(files.privateKey, made.privateKey, { mode: 0o600 });
  await writeFile(`${files.certificate}.new`, made.certificate, { mode: 0o644 });
  await rename(`${files.certificate}.new`, files.certificate);
  return files;
}

async function selfSigned(hostname: string): Promise<{ certificate: string; privateKey: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const bare = hostname.replace(/^\[|\]$/g, '');
  const names = new Set([bare, 'localhost', '127.0.0.1', '::1']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString('hex'),
    name: `CN=${bare}`,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + tenYearsMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      // Clients name this very file as their root. It is no authority all the same: rustls takes none for a server.
      new BasicConstraintsExtension(false, undefined, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        [...names].map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const body = key
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd();
  return {
    certificate: certificate.toString('pem'),
    privateKey: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
  };
}
