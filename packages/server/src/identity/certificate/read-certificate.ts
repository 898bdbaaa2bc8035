// @peculiar/x509 looks for this polyfill while it loads.
import 'reflect-metadata';
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { type Name, SubjectAlternativeNameExtension, X509Certificate } from '@peculiar/x509';
import { type CertificateField, type ClientCertificate, certificateId } from '../../core/index.ts';

/** More than any chain of certificates has. */
const longestPath = 10;

/** Short names as the library has them, and object identifiers of those that it has no name for. */
const subjectFields: readonly (readonly [CertificateField, string])[] = [
  ['CN', 'CN'],
  ['OU', 'OU'],
  ['O', 'O'],
  ['C', 'C'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['serialNumber', '2.5.4.5'],
];

const alternativeNames = new Map<string, CertificateField>([
  ['email', 'email'],
  ['dns', 'dns'],
  ['url', 'uri'],
]);

/**
 * Reads the certificate of a connection on which TLS stands: from its DER, not from a text made of it, in which a
 * value could pass for two. `undefined` when the client showed none, or one that cannot be read.
 */
export function readCertificate(socket: TLSSocket): ClientCertificate | undefined {
  const chain = certificatesOf(socket);
  const [leaf] = chain;
  if (leaf === undefined) return undefined;
  try {
    const parsed = chain.map((der) => new X509Certificate(der));
    const [own] = parsed;
    if (own === undefined) return undefined;
    return {
      trusted: socket.authorized,
      pem: own.toString('pem'),
      thumbprint: createHash('sha256').update(leaf).digest('base64url'),
      fields: fieldsOf(own),
      path: parsed.map(({ issuer, serialNumber }) => certificateId(issuer, serialNumber)),
    };
  } catch {
    return undefined;
  }
}

function certificatesOf(socket: TLSSocket): readonly Buffer[] {
  const chain: Buffer[] = [];
  let one = socket.getPeerCertificate(true);
  // An authority vouches for itself: there the chain ends.
  while (one?.raw !== undefined && chain.length < longestPath && !chain.some((der) => der.equals(one.raw))) {
    chain.push(one.raw);
    one = one.issuerCertificate;
  }
  return chain;
}

function fieldsOf(certificate: X509Certificate): ClientCertificate['fields'] {
  const fields = new Map<CertificateField, readonly string[]>();
  const add = (field: CertificateField, values: readonly string[]) => {
    if (values.length > 0) fields.set(field, [...(fields.get(field) ?? []), ...values]);
  };
  const subject: Name = certificate.subjectName;
  for (const [field, key] of subjectFields) add(field, subject.getField(key));
  for (const { type, value } of certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ??
    []) {
    const field = alternativeNames.get(type);
    if (field !== undefined) add(field, [value]);
  }
  return fields;
}
