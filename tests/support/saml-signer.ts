// @peculiar/x509 looks for this polyfill while it loads.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { createRequire } from 'node:module';
import { signXml } from '@node-saml/node-saml/lib/xml.js';
import * as x509 from '@peculiar/x509';
import type { CertificatePair } from './certificates.ts';

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;
const day = 86_400_000;

/** A self-signed RSA certificate, as SAML providers and services use them. */
export async function makeSamlKeyPair(commonName: string): Promise<CertificatePair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + 30 * day),
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: certificate.toString('pem'),
    privateKey: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}

export const samlNames = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  enveloped: 'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
} as const;

/** What a test's provider says; everything has a value that is right. */
export interface SaidAssertion {
  readonly issuer: string;
  readonly audience: string;
  readonly recipient: string;
  readonly inResponseTo: string;
  readonly id?: string;
  readonly nameId?: string;
  readonly nameIdFormat?: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds of the epoch. */
  readonly now?: number;
  readonly lifetimeMs?: number;
  readonly authnContext?: string;
  /** Milliseconds of the epoch; left out: half a minute before {@link SaidAssertion.now}. */
  readonly signedInAt?: number;
  /** More inside of the assertion, before its statements. */
  readonly more?: string;
}

let ids = 0;

/** An assertion as XML, not signed. */
export function assertionXml(said: SaidAssertion): string {
  const { id = `_a${process.pid}x${ids++}`, nameId = 'p-7', attributes = {}, lifetimeMs = 300_000 } = said;
  const { now = Date.now() } = said;
  const format = said.nameIdFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
  const until = new Date(now + lifetimeMs).toISOString();
  const from = new Date(now - 30_000).toISOString();
  const signedIn = said.signedInAt === undefined ? from : new Date(said.signedInAt).toISOString();
  const context = said.authnContext ?? 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password';
  const answers = said.inResponseTo === '' ? '' : ` InResponseTo="${said.inResponseTo}"`;
  const statements = Object.entries(attributes)
    .map(
      ([name, values]) =>
        `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`,
    )
    .join('');
  return (
    `<saml:Assertion xmlns:saml="${samlNames.assertion}" ID="${id}" Version="2.0" IssueInstant="${new Date(now).toISOString()}">` +
    `<saml:Issuer>${said.issuer}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${format}">${nameId}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">` +
    `<saml:SubjectConfirmationData NotOnOrAfter="${until}" Recipient="${said.recipient}"${answers}/>` +
    `</saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${from}" NotOnOrAfter="${until}"><saml:AudienceRestriction>` +
    `<saml:Audience>${said.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>${said.more ?? ''}` +
    `<saml:AuthnStatement AuthnInstant="${signedIn}" SessionIndex="_s1"><saml:AuthnContext><saml:AuthnContextClassRef>${context}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    (statements === '' ? '' : `<saml:AttributeStatement>${statements}</saml:AttributeStatement>`) +
    `</saml:Assertion>`
  );
}

export interface SaidResponse {
  readonly issuer: string;
  readonly destination: string;
  readonly inResponseTo: string;
  readonly status?: string;
}

/** A response around an assertion, not signed. */
export function responseXml(said: SaidResponse, content: string): string {
  const status = said.status ?? 'urn:oasis:names:tc:SAML:2.0:status:Success';
  const answers = said.inResponseTo === '' ? '' : ` InResponseTo="${said.inResponseTo}"`;
  return (
    `<samlp:Response xmlns:samlp="${samlNames.protocol}" ID="_r${process.pid}x${ids++}" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${said.destination}"${answers}>` +
    `<saml:Issuer xmlns:saml="${samlNames.assertion}">${said.issuer}</saml:Issuer>` +
    `<samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>${content}</samlp:Response>`
  );
}

export interface SigningOptions {
  readonly transforms?: readonly string[];
  readonly hash?: 'sha1' | 'sha256' | 'sha512';
  /** False: no certificate is put beside the signature. */
  readonly withCertificate?: boolean;
}

/** Signs the element with this local name, as a provider does: enveloped, right behind its issuer. */
export function signed(
  xml: string,
  element: 'Assertion' | 'Response',
  { certificate, privateKey }: CertificatePair,
  { transforms, hash = 'sha256', withCertificate = true }: SigningOptions = {},
): string {
  const path = `//*[local-name()='${element}']`;
  return signXml(
    xml,
    path,
    { reference: `${path}/*[local-name()='Issuer']`, action: 'after' },
    {
      privateKey,
      ...(withCertificate && { publicCert: certificate }),
      signatureAlgorithm: hash,
      digestAlgorithm: hash,
      ...(transforms !== undefined && { xmlSignatureTransforms: [...transforms] }),
    },
  );
}

interface XmlEncryption {
  encrypt(
    xml: string,
    options: Readonly<Record<string, unknown>>,
    done: (error: Error | null, result: string) => void,
  ): void;
}

/** Where the library has its own encryption from: no dependency of ours. */
const libraryRequire = createRequire(createRequire(import.meta.url).resolve('@node-saml/node-saml'));

/** Encrypts an assertion to somebody. */
export async function encrypted(
  xml: string,
  { certificate }: Pick<CertificatePair, 'certificate'>,
  cipher = 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
): Promise<string> {
  const { encrypt }: XmlEncryption = libraryRequire('xml-encryption');
  const rsa_pub = new x509.X509Certificate(certificate).publicKey.toString('pem');
  const options = {
    rsa_pub,
    pem: certificate,
    encryptionAlgorithm: cipher,
    keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    disallowEncryptionWithInsecureAlgorithm: false,
    warnInsecureAlgorithm: false,
  };
  const data = await new Promise<string>((resolve, reject) => {
    encrypt(xml, options, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
  return `<saml:EncryptedAssertion xmlns:saml="${samlNames.assertion}">${data}</saml:EncryptedAssertion>`;
}
