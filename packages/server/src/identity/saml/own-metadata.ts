import { readFile } from 'node:fs/promises';
import type { LibraryOptions } from './library.ts';

const bindings = 'urn:oasis:names:tc:SAML:2.0:bindings';

/**
 * What the provider must know of us (SAML metadata, section 2.4.4). The library's own names a binding for signing out
 * that we do not have, and ciphers that we take only in a signed response.
 */
export async function ownMetadata({ config, own }: LibraryOptions): Promise<string> {
  const { keyPair, encryptedAssertions, signOutUrl, subject } = config;
  const certificate = keyPair && bare(await readFile(keyPair.certificate, 'utf8'));
  const key = (use: string, more = '') =>
    `<md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
    `<ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>${more}</md:KeyDescriptor>`;
  const ciphers = ['aes256-gcm', 'aes128-gcm']
    // Whoever has neither may use CBC, if the response is signed.
    .map((cipher) => `<md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#${cipher}"/>`)
    .join('');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${escaped(own.entityId)}">`,
    `<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="${keyPair !== undefined}" WantAssertionsSigned="true">`,
    ...(keyPair === undefined ? [] : [key('signing')]),
    ...(encryptedAssertions ? [key('encryption', ciphers)] : []),
    ...(signOutUrl === undefined
      ? []
      : [`<md:SingleLogoutService Binding="${bindings}:HTTP-Redirect" Location="${escaped(own.signOut)}"/>`]),
    ...(subject.from === 'nameId'
      ? ['<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>']
      : []),
    `<md:AssertionConsumerService Binding="${bindings}:HTTP-POST" Location="${escaped(own.callback)}" index="0" isDefault="true"/>`,
    '</md:SPSSODescriptor>',
    '</md:EntityDescriptor>',
    '',
  ].join('\n');
}

function bare(pem: string): string {
  return /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(pem)?.[1]?.replace(/\s/g, '') ?? '';
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
