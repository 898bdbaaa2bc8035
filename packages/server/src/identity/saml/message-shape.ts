import { parseDomFromString, parseXml2JsFromString, xpath } from '@node-saml/node-saml/lib/xml.js';

/** A message that was parsed; only the library looks into it. */
export type MessageDom = Awaited<ReturnType<typeof parseDomFromString>>;

export type MessageRoot = 'Response' | 'Assertion' | 'LogoutRequest' | 'LogoutResponse';

export type ShapeReading =
  | { readonly outcome: 'read'; readonly dom: MessageDom }
  | { readonly outcome: 'refused'; readonly detail: string };

const namespaces = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

const transforms = [
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
] as const;
const canonicalisations = ['http://www.w3.org/2001/10/xml-exc-c14n#'] as const;
const signatures = [
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
] as const;
const digests = [
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
] as const;
/** These prove themselves whole. */
const wholeCiphers = [
  'http://www.w3.org/2009/xmlenc11#aes128-gcm',
  'http://www.w3.org/2009/xmlenc11#aes256-gcm',
] as const;
/** With these, answers to tampered texts tell what is in them: only where a signature is around, and holds. */
const ciphers = [
  ...wholeCiphers,
  'http://www.w3.org/2001/04/xmlenc#aes128-cbc',
  'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
] as const;
const keyTransports = ['http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'] as const;

/**
 * What no message may hold, wherever it stands. Every way to wrap a signature needs a second element that could be
 * meant: a second assertion, a second signature, a second reference, a second bearer of an id, or a signature of
 * something else than what it stands in (Somorovsky et al., "On Breaking SAML", 2012).
 */
const neverHeld: readonly (readonly [xpath: string, sentence: string])[] = [
  [`${named('Response')}[parent::*]`, 'it holds a response'],
  [
    `${named('Signature')}[not(${inside(['Response', 'Assertion', 'LogoutRequest', 'LogoutResponse'])})]`,
    'a signature stands elsewhere',
  ],
  [`${named('Signature')}[${foreign('signature')}]`, 'a signature is none'],
  [`${named('Signature')}[2]`, 'it has two signatures of one element'],
  [
    `${named('Signature')}/*[${foreign('signature')} or not(${isNamed(['SignedInfo', 'SignatureValue', 'KeyInfo'])})]`,
    'a signature holds something else',
  ],
  [`${named('SignedInfo')}[not(${inside(['Signature'])})]`, 'a SignedInfo stands elsewhere'],
  [`${named('SignedInfo')}[2] | ${named('SignatureValue')}[2]`, 'a signature has two parts of a kind'],
  [`${named('Signature')}[not(*[${isNamed(['SignedInfo'])}])]`, 'a signature has no SignedInfo'],
  [`${named('Reference')}[not(${inside(['SignedInfo'])})]`, 'a reference stands elsewhere'],
  [`${named('Reference')}[2]`, 'a signature has two references'],
  [`${named('SignedInfo')}[not(*[${isNamed(['Reference'])}])]`, 'a signature has no reference'],
  [
    `${named('Reference')}[not(string-length(../../../@ID) > 0 and @URI = concat('#', ../../../@ID))]`,
    'a signature is of something else than what it stands in',
  ],
  [`${named('DigestValue')}[*] | ${named('SignatureValue')}[*]`, 'a digest or signature is none'],
  [`${named('DigestValue')}[2] | ${named('DigestMethod')}[2]`, 'a reference has two digests'],
  [`${named('RetrievalMethod')}`, 'a key is kept elsewhere'],
  [`${named('Transform')}[${noneOf(transforms)}]`, 'a transform is not allowed'],
  [`${named('Transform')}/*[not(${isNamed(['InclusiveNamespaces'])})]`, 'a transform has a program'],
  [`${named('Transform')}[3]`, 'it has too many transforms'],
  [`${named('CanonicalizationMethod')}[${noneOf(canonicalisations)}]`, 'a canonicalisation is not allowed'],
  [`${named('SignatureMethod')}[${noneOf(signatures)}]`, 'a signature has an algorithm that is not allowed'],
  [
    `${named('Reference')}/*[${isNamed(['DigestMethod'])}][${noneOf(digests)}]`,
    'a digest has an algorithm that is not allowed',
  ],
  [
    `${named('EncryptedData')}/*[${isNamed(['EncryptionMethod'])}][${noneOf(ciphers)}]`,
    'a cipher is not allowed',
  ],
  [
    `/*[not(*[${isNamed(['Signature'])}])]${named('EncryptedData')}/*[${isNamed(['EncryptionMethod'])}][${noneOf(wholeCiphers)}]`,
    'a cipher is not allowed without a signature around it',
  ],
  [
    `${named('EncryptedKey')}/*[${isNamed(['EncryptionMethod'])}][${noneOf(keyTransports)}]`,
    'a key transport is not allowed',
  ],
  [`${named('EncryptedData')}[not(${inside(['EncryptedAssertion'])})]`, 'something else is encrypted'],
];

const heldBy: Readonly<Record<MessageRoot, readonly (readonly [xpath: string, sentence: string])[]>> = {
  Response: [
    [
      `//*[${isNamed(['Assertion', 'EncryptedAssertion'])}][${foreign('assertion')} or count(ancestor::*) != 1]`,
      'an assertion stands elsewhere',
    ],
    [`/*/*[${isNamed(['Assertion', 'EncryptedAssertion'])}][2]`, 'it has two assertions'],
    [
      `${named('EncryptedAssertion')}/*[2] | ${named('EncryptedKey')}[2]`,
      'an encrypted assertion has several parts',
    ],
  ],
  Assertion: [
    [`//*[${isNamed(['Assertion', 'EncryptedAssertion'])}][parent::*]`, 'an assertion holds another one'],
  ],
  LogoutRequest: [[`//*[${isNamed(['Assertion', 'EncryptedAssertion'])}]`, 'it holds an assertion']],
  LogoutResponse: [[`//*[${isNamed(['Assertion', 'EncryptedAssertion'])}]`, 'it holds an assertion']],
};

/** Parses a message that passed as text, and refuses what could mean two things. */
export async function shapeOf(xml: string, root: MessageRoot): Promise<ShapeReading> {
  let dom: MessageDom;
  try {
    // The strict parser first: the other one mends what is broken, and says so on the console.
    await parseXml2JsFromString(xml);
    dom = await parseDomFromString(xml);
  } catch {
    return { outcome: 'refused', detail: 'it is no XML' };
  }
  const space = root === 'Assertion' ? 'assertion' : 'protocol';
  const rules = [
    [`/*[not(${isNamed([root])}) or ${foreign(space)}]`, `it is no ${root}`] as const,
    ...heldBy[root],
    ...neverHeld,
  ];
  for (const [path, sentence] of rules) {
    if (xpath.selectElements(dom, path).length > 0) return { outcome: 'refused', detail: sentence };
  }
  const ids = textsAt(dom, `//@*[${isNamed(['ID', 'Id', 'id'])}]`);
  return new Set(ids).size === ids.length
    ? { outcome: 'read', dom }
    : { outcome: 'refused', detail: 'two elements have one id' };
}

/** The values of the attributes that a path selects. */
export function textsAt(dom: MessageDom, path: string): readonly string[] {
  return xpath
    .selectAttributes(dom, path)
    .map(({ nodeValue }: { nodeValue: string | null }) => nodeValue ?? '');
}

/** How many elements a path selects. */
export function countAt(dom: MessageDom, path: string): number {
  return xpath.selectElements(dom, path).length;
}

function named(name: string): string {
  return `//*[${isNamed([name])}]`;
}

function isNamed(names: readonly string[]): string {
  return `(${names.map((name) => `local-name()='${name}'`).join(' or ')})`;
}

function inside(names: readonly string[]): string {
  return `parent::*[${isNamed(names)}]`;
}

function foreign(space: keyof typeof namespaces): string {
  return `namespace-uri() != '${namespaces[space]}'`;
}

function noneOf(algorithms: readonly string[]): string {
  return `not(${algorithms.map((algorithm) => `@Algorithm='${algorithm}'`).join(' or ')})`;
}
