// @peculiar/x509 looks for this polyfill while it loads.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** A certificate and its key, both PEM. */
export interface CertificatePair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A certificate authority for one test, that nothing outside of the test trusts. */
export interface TestAuthority {
  /** PEM of the authority's own certificate: what a client is told to trust. */
  readonly certificate: string;
  /** Signs a server certificate for host names and IP addresses. `notAfter` in the past gives an expired one. */
  issue(names: readonly string[], notAfter?: Date): Promise<CertificatePair>;
  /** Signs a client certificate with this common name, and with DNS names where it is a program's. */
  issueClient(commonName: string, dns?: readonly string[]): Promise<CertificatePair>;
  /** PEM of a revocation list with these certificates on it. `nextUpdate` in the past gives one that is out of date. */
  revocationList(revoked: readonly CertificatePair[], nextUpdate?: Date): Promise<string>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

/** Makes a fresh authority. `name` is its common name. */
export async function makeAuthority(name = 'Grantway test authority'): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 30 * day),
    notAfter: new Date(Date.now() + 30 * day),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });

  async function sign(
    commonName: string,
    extensions: x509.Extension[],
    notAfter = new Date(Date.now() + day),
  ): Promise<CertificatePair> {
    const subject = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${commonName}`,
      issuer: root.subject,
      signingKey: keys.privateKey,
      publicKey: subject.publicKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - 2 * day),
      notAfter,
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true), ...extensions],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', subject.privateKey);
    return {
      certificate: certificate.toString('pem'),
      privateKey: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    };
  }

  return {
    certificate: root.toString('pem'),
    issue: async (names, notAfter) =>
      await sign(
        names[0] ?? 'server',
        [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
          ),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        ],
        notAfter,
      ),
    issueClient: async (commonName, dns = []) =>
      await sign(commonName, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        ...(dns.length === 0
          ? []
          : [new x509.SubjectAlternativeNameExtension(dns.map((value) => ({ type: 'dns', value })))]),
      ]),
    revocationList: async (revoked, nextUpdate = new Date(Date.now() + day)) => {
      const list = await x509.X509CrlGenerator.create({
        issuer: root.subject,
        thisUpdate: new Date(Date.now() - 2 * day),
        nextUpdate,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        entries: revoked.map(({ certificate }) => ({
          serialNumber: new x509.X509Certificate(certificate).serialNumber,
          revocationDate: new Date(Date.now() - day),
        })),
      });
      // The label that OpenSSL reads; the library writes another.
      return x509.PemConverter.encode(list.rawData, 'X509 CRL');
    },
  };
}

/** Writes a pair as `<name>.crt` and `<name>.key` (0600) into `folder`, and gives the two paths. */
export async function writeCertificate(
  pair: CertificatePair,
  folder: string,
  name: string,
): Promise<{ readonly certificate: string; readonly privateKey: string }> {
  const certificate = join(folder, `${name}.crt`);
  const privateKey = join(folder, `${name}.key`);
  await writeFile(certificate, pair.certificate);
  await writeFile(privateKey, pair.privateKey, { mode: 0o600 });
  return { certificate, privateKey };
}
