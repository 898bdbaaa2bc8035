/** What a mapping may take from a certificate: fields of its subject, by their short names, and its alternative names. */
export const certificateFields = [
  'CN',
  'OU',
  'O',
  'C',
  'UID',
  'serialNumber',
  'email',
  'dns',
  'uri',
] as const;

/** A field of a certificate that rules and principals may be made of. */
export type CertificateField = (typeof certificateFields)[number];

/** A certificate that a client showed in a TLS handshake, with the proof that it has the key. */
export interface ClientCertificate {
  /** A configured authority vouches for it: in date, meant for clients, and on no revocation list, as of the handshake. */
  readonly trusted: boolean;
  readonly pem: string;
  /** SHA-256 of the certificate as base64url: `x5t#S256` of RFC 8705, section 3.1. */
  readonly thumbprint: string;
  /** A field that it has several times has several values. */
  readonly fields: ReadonlyMap<CertificateField, readonly string[]>;
  /** It and what vouches for it, each as {@link certificateId}. */
  readonly path: readonly string[];
}

/** What a revocation list knows a certificate by (RFC 5280, section 4.1.2.2): its issuer and its serial number as hex. */
export function certificateId(issuer: string, serialNumber: string): string {
  return `${issuer}\n${serialNumber.toLowerCase().replace(/^0+(?=.)/, '')}`;
}
