import { parseDomFromString, parseXml2JsFromString, xpath } from '@node-saml/node-saml/lib/xml.js';

/** A message that was parsed; only the library looks into it. */
export type MessageDom = Awaited<ReturnType<typeof parseDomFromString>>;

type MessageRoot = 'Response' | 'Assertion' | 'LogoutRequest' | 'LogoutResponse';

/** What came of looking at the shape of a message. */
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

/** The elements that rules are about. No message has many of one kind. */
const ruled = [
  'Response',
  'Assertion',
  'EncryptedAssertion',
  'Signature',
  'SignedInfo',
  'SignatureValue',
  'CanonicalizationMethod',
  'SignatureMethod',
  'Reference',
  'Transform',
  'DigestMethod',
  'DigestValue',
  'RetrievalMethod',
  'EncryptedData',
  'EncryptedKey',
  'EncryptionMethod',
] as const;
const mostOfOne = 12;

/** An element may not have what the path selects from it. */
type Rule = readonly [element: (typeof ruled)[number], path: string, sentence: string];

/**
 * What no message may hold, wherever it stands. Every way to wrap a signature needs a second element that could be
 * meant: a second assertion, a second signature, a second reference, a second bearer of an id, or a signature of
 * something else than what it stands in (Somorovsky et al., "On Breaking SAML", 2012).
 */
const neverHeld: readonly Rule[] = [
  ['Response', 'parent::*', 'it holds a response'],
  [
    'Signature',
    `self::*[not(${inside(['Response', 'Assertion', 'LogoutRequest', 'LogoutResponse'])})]`,
    'a signature stands elsewhere',
  ],
  ['Signature', `self::*[${foreign('signature')}]`, 'a signature is none'],
  ['Signature', another('Signature'), 'it has two signatures of one element'],
  [
    'Signature',
    `*[${foreign('signature')} or not(${isNamed(['SignedInfo', 'SignatureValue', 'KeyInfo'])})]`,
    'a signature holds something else',
  ],
  ['Signature', `self::*[not(*[${isNamed(['SignedInfo'])}])]`, 'a signature has no SignedInfo'],
  ['SignedInfo', `self::*[not(${inside(['Signature'])})]`, 'a SignedInfo stands elsewhere'],
  ['SignedInfo', another('SignedInfo'), 'a signature has two parts of a kind'],
  ['SignedInfo', `self::*[not(*[${isNamed(['Reference'])}])]`, 'a signature has no reference'],
  ['SignatureValue', another('SignatureValue'), 'a signature has two parts of a kind'],
  ['SignatureValue', '*', 'a signature is none'],
  ['CanonicalizationMethod', `self::*[${noneOf(canonicalisations)}]`, 'a canonicalisation is not allowed'],
  ['SignatureMethod', `self::*[${noneOf(signatures)}]`, 'a signature has an algorithm that is not allowed'],
  ['Reference', `self::*[not(${inside(['SignedInfo'])})]`, 'a reference stands elsewhere'],
  ['Reference', another('Reference'), 'a signature has two references'],
  [
    'Reference',
    `self::*[not(string-length(../../../@ID) > 0 and @URI = concat('#', ../../../@ID))]`,
    'a signature is of something else than what it stands in',
  ],
  [
    'Reference',
    `*[${isNamed(['DigestMethod'])}][${noneOf(digests)}]`,
    'a digest has an algorithm that is not allowed',
  ],
  ['Transform', `self::*[${noneOf(transforms)}]`, 'a transform is not allowed'],
  ['Transform', `*[not(${isNamed(['InclusiveNamespaces'])})]`, 'a transform has a program'],
  ['Transform', 'preceding-sibling::*[2]', 'it has too many transforms'],
  ['DigestMethod', another('DigestMethod'), 'a reference has two digests'],
  ['DigestValue', another('DigestValue'), 'a reference has two digests'],
  ['DigestValue', '*', 'a digest is none'],
  ['RetrievalMethod', 'self::*', 'a key is kept elsewhere'],
  ['EncryptedData', `self::*[not(${inside(['EncryptedAssertion'])})]`, 'something else is encrypted'],
  ['EncryptedData', `*[${isNamed(['EncryptionMethod'])}][${noneOf(ciphers)}]`, 'a cipher is not allowed'],
  [
    'EncryptedData',
    `*[${isNamed(['EncryptionMethod'])}][${noneOf(wholeCiphers)}][not(/*/*[${isNamed(['Signature'])}])]`,
    'a cipher is not allowed without a signature around it',
  ],
  [
    'EncryptedKey',
    `*[${isNamed(['EncryptionMethod'])}][${noneOf(keyTransports)}]`,
    'a key transport is not allowed',
  ],
  ['EncryptedKey', another('EncryptedKey'), 'an encrypted assertion has several parts'],
  ['EncryptedAssertion', '*[2]', 'an encrypted assertion has several parts'],
];

const assertions = ['Assertion', 'EncryptedAssertion'] as const;

const heldBy: Readonly<Record<MessageRoot, readonly Rule[]>> = {
  Response: assertions.flatMap((element): readonly Rule[] => [
    [element, `self::*[${foreign('assertion')} or count(ancestor::*) != 1]`, 'an assertion stands elsewhere'],
    [element, another(...assertions), 'it has two assertions'],
  ]),
  Assertion: assertions.map((element): Rule => [element, 'parent::*', 'an assertion holds another one']),
  LogoutRequest: assertions.map((element): Rule => [element, 'self::*', 'it holds an assertion']),
  LogoutResponse: assertions.map((element): Rule => [element, 'self::*', 'it holds an assertion']),
};

/** Parses a message that passed as text, and refuses what could mean two things. */
export async function shapeOf(xml: string, root: MessageRoot): Promise<ShapeReading> {
  let dom: MessageDom;
  try {
    // The strict parser first: the other one mends what is broken, and says so on the console.
    await parseXml2JsFromString(xml);
    dom = await parseDomFromString(xml);
  } catch {
    return refused('it is no XML');
  }
  const space = root === 'Assertion' ? 'assertion' : 'protocol';
  if (countAt(dom, `/*[not(${isNamed([root])}) or ${foreign(space)}]`) > 0)
    return refused(`it is no ${root}`);
  const found = ruledIn(dom);
  for (const [element, path, sentence] of [...heldBy[root], ...neverHeld]) {
    const elements = found.get(element) ?? [];
    if (elements.length > mostOfOne) return refused(`it has too many elements ${element}`);
    for (const one of elements) if (xpath.selectElements(one, path).length > 0) return refused(sentence);
  }
  const ids = textsAt(dom, `//@*[${isNamed(['ID', 'Id', 'id'])}]`);
  return new Set(ids).size === ids.length ? { outcome: 'read', dom } : refused('two elements have one id');
}

function refused(detail: string): ShapeReading {
  return { outcome: 'refused', detail };
}

/** As much as is looked at of a node of the library's parser. */
interface TreeNode {
  readonly localName?: string | null;
  readonly firstChild: TreeNode | null;
  readonly nextSibling: TreeNode | null;
}

/** One walk for all rules: a path from the root for each costs the square of the elements. */
function ruledIn(dom: MessageDom): ReadonlyMap<string, MessageDom[]> {
  const found = new Map<string, MessageDom[]>(ruled.map((name) => [name, []]));
  const below = (parent: TreeNode) => {
    for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
      found.get(node.localName ?? '')?.push(node);
      below(node);
    }
  };
  below(dom);
  return found;
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

function another(...names: readonly string[]): string {
  return `preceding-sibling::*[${isNamed(names)}]`;
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
