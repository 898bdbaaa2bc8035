import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CertificatePair } from '../../../../../tests/support/certificates.ts';
import { type Begun, genuine, type SamlBed, startSamlBed } from '../../../../../tests/support/saml-bed.ts';
import { makeSamlKeyPair, samlNames, signed } from '../../../../../tests/support/saml-signer.ts';
import { mostMessageBytes } from './message-text.ts';

let bed: SamlBed;
let attacker: CertificatePair;
beforeAll(async () => {
  [bed, attacker] = await Promise.all([startSamlBed(), makeSamlKeyPair('attacker')]);
});
afterAll(() => bed.stop());

/** A genuine answer about an ordinary person, in the pieces that an attacker who holds one can put together anew. */
interface Pieces {
  /** What is before and behind the assertion. */
  readonly head: string;
  readonly tail: string;
  /** The assertion as signed, its signature, and the assertion without it. */
  readonly assertion: string;
  readonly signature: string;
  readonly unsigned: string;
  /** The attacker's own: somebody else, an administrator, under an id of its own. */
  readonly evil: string;
  /** The same under the id that is signed. */
  readonly twin: string;
  readonly begun: Begun;
}

function piecesOf(begun: Begun): Pieces {
  const xml = genuine(bed, begun, { attributes: { groups: ['viewer'] } });
  const assertion = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml)?.[0] ?? '';
  const signature = /<Signature[\s\S]*<\/Signature>/.exec(assertion)?.[0] ?? '';
  const [head = '', tail = ''] = xml.split(assertion);
  const unsigned = assertion.replace(signature, '');
  const twin = unsigned.replace('p-7', 'p-admin').replace('>viewer<', '>admin<');
  if (signature === '' || twin === unsigned) throw new Error('the pieces are not cut right');
  const evil = twin.replace(/ ID="[^"]+"/, ' ID="_evil"');
  return { head, tail, assertion, signature, unsigned, evil, twin, begun };
}

/** Puts something right behind an assertion's issuer, where its signature belongs. */
function behindIssuer(assertion: string, more: string): string {
  return assertion.replace('</saml:Issuer>', `</saml:Issuer>${more}`);
}

function intoSignature(signature: string, more: string): string {
  return signature.replace('</Signature>', `<Object>${more}</Object></Signature>`);
}

describe('G08 a wrapped signature', () => {
  test.each<[string, (pieces: Pieces) => string]>([
    [
      'XSW1: the genuine response inside of the signature of another one',
      ({ head, tail, evil, begun }) => {
        const whole = signed(bed.response(begun, bed.assertion(begun)), 'Response', bed.provider);
        const signature = /<Signature[\s\S]*<\/Signature>/.exec(whole)?.[0] ?? '';
        const original = whole.replace(signature, '');
        return (
          head.replace('<samlp:Status>', `${intoSignature(signature, original)}<samlp:Status>`) + evil + tail
        );
      },
    ],
    [
      'XSW2: the genuine response before a signature that stands beside it',
      ({ head, tail, evil, begun }) => {
        const whole = signed(bed.response(begun, bed.assertion(begun)), 'Response', bed.provider);
        const signature = /<Signature[\s\S]*<\/Signature>/.exec(whole)?.[0] ?? '';
        return (
          head.replace('<samlp:Status>', `${whole.replace(signature, '')}${signature}<samlp:Status>`) +
          evil +
          tail
        );
      },
    ],
    [
      'XSW3: another assertion before the signed one',
      ({ head, evil, assertion, tail }) => head + evil + assertion + tail,
    ],
    [
      'another assertion behind the signed one',
      ({ head, evil, assertion, tail }) => head + assertion + evil + tail,
    ],
    [
      'XSW4: the signed assertion inside of another one',
      ({ head, evil, assertion, tail }) =>
        head + evil.replace('</saml:Assertion>', `${assertion}</saml:Assertion>`) + tail,
    ],
    [
      'XSW5: the signature in another assertion, and the signed one behind',
      ({ head, evil, signature, unsigned, tail }) => head + behindIssuer(evil, signature) + unsigned + tail,
    ],
    [
      'XSW6: the signature in another assertion, and the signed one in the signature',
      ({ head, evil, signature, unsigned, tail }) =>
        head + behindIssuer(evil, signature.replace('</Signature>', `${unsigned}</Signature>`)) + tail,
    ],
    [
      'XSW7: another assertion in an extension',
      ({ head, twin, assertion, tail }) =>
        `${head.replace('<samlp:Status>', `<samlp:Extensions>${twin}</samlp:Extensions><samlp:Status>`)}${assertion}${tail}`,
    ],
    [
      'the signed assertion in an extension, and another one in its place',
      ({ head, evil, assertion, tail }) =>
        `${head.replace('<samlp:Status>', `<samlp:Extensions>${assertion}</samlp:Extensions><samlp:Status>`)}${evil}${tail}`,
    ],
    [
      'XSW8: the signed assertion in an object of the signature',
      ({ head, evil, signature, unsigned, tail }) =>
        head + behindIssuer(evil, intoSignature(signature, unsigned)) + tail,
    ],
    [
      'two assertions under one id',
      ({ head, twin, signature, unsigned, tail }) => head + behindIssuer(twin, signature) + unsigned + tail,
    ],
    [
      'an id of another spelling',
      ({ head, evil, signature, unsigned, tail }) =>
        head +
        behindIssuer(evil, signature) +
        `<x>${unsigned.replace('<saml:Assertion', '<saml:Advice').replace('</saml:Assertion>', '</saml:Advice>').replace(' ID=', ' Id=')}</x>` +
        tail,
    ],
    [
      'a second signature, of the attacker',
      ({ head, assertion, tail }) => {
        const own = signed(head + assertion + tail, 'Assertion', attacker);
        return own.replace('>viewer<', '>admin<');
      },
    ],
    [
      'two SignedInfo, the second one genuine',
      ({ head, twin, signature, tail }) => {
        const info = /<SignedInfo>[\s\S]*<\/SignedInfo>/.exec(signature)?.[0] ?? '';
        const forged = info.replace(/<DigestValue>[^<]*/, '<DigestValue>AAAA');
        return head + behindIssuer(twin, signature.replace(info, forged + info)) + tail;
      },
    ],
    [
      'two references in one signature',
      ({ head, twin, signature, tail }) => {
        const reference = /<Reference [\s\S]*<\/Reference>/.exec(signature)?.[0] ?? '';
        return head + behindIssuer(twin, signature.replace(reference, reference + reference)) + tail;
      },
    ],
    [
      'two digests in one reference',
      ({ head, twin, signature, tail }) =>
        head +
        behindIssuer(
          twin,
          signature.replace('<DigestValue>', '<DigestValue>AAAA</DigestValue><DigestValue>'),
        ) +
        tail,
    ],
    [
      'a comment in the digest',
      ({ head, twin, signature, tail }) =>
        head + behindIssuer(twin, signature.replace('<DigestValue>', '<DigestValue><!--AAAA-->')) + tail,
    ],
    [
      'a comment in the name',
      ({ head, assertion, tail }) => head + assertion.replace('p-7', 'p-7<!---->.evil') + tail,
    ],
    [
      'a processing instruction in the name',
      ({ head, assertion, tail }) => head + assertion.replace('p-7', 'p-<?x?>7') + tail,
    ],
    [
      'CDATA in the name',
      ({ head, assertion, tail }) => head + assertion.replace('p-7', '<![CDATA[p-7]]>') + tail,
    ],
    [
      'a reference to nothing that is there',
      ({ head, twin, signature, tail }) =>
        head + behindIssuer(twin, signature.replace(/URI="#[^"]+"/, 'URI="#_nowhere"')) + tail,
    ],
    [
      'an empty reference',
      ({ head, twin, signature, tail }) =>
        head + behindIssuer(twin, signature.replace(/URI="#[^"]+"/, 'URI=""')) + tail,
    ],
    [
      'no reference at all',
      ({ head, twin, signature, tail }) =>
        head + behindIssuer(twin, signature.replace(/<Reference [\s\S]*<\/Reference>/, '')) + tail,
    ],
    [
      'a reference that breaks out of a path',
      ({ head, twin, signature, tail }) =>
        head + behindIssuer(twin, signature.replace(/URI="#[^"]+"/, `URI="#x' or '1'='1"`)) + tail,
    ],
    [
      'a signature of something else than it stands in',
      ({ head, evil, assertion, signature, unsigned, tail }) =>
        head.replace('<samlp:Status>', `${signature}<samlp:Status>`) +
        (assertion === '' ? unsigned : evil) +
        tail,
    ],
    [
      'a changed group',
      ({ head, assertion, tail }) => head + assertion.replace('>viewer<', '>admin<') + tail,
    ],
    ['no signature', ({ head, twin, tail }) => head + twin + tail],
    [
      'a signed response around an assertion that is not',
      ({ head, twin, tail }) => signed(head + twin + tail, 'Response', bed.provider),
    ],
    [
      "the attacker's signature with its own certificate",
      ({ head, twin, tail }) => signed(head + twin + tail, 'Assertion', attacker),
    ],
    [
      "the attacker's signature with the provider's certificate",
      ({ head, twin, tail }) =>
        signed(head + twin + tail, 'Assertion', { ...attacker, certificate: bed.provider.certificate }),
    ],
    [
      'a SHA-1 signature',
      ({ head, unsigned, tail }) =>
        signed(head + unsigned + tail, 'Assertion', bed.provider, { hash: 'sha1' }),
    ],
    [
      'an HMAC with the certificate as its key',
      ({ head, twin, signature, tail }) =>
        head +
        behindIssuer(
          twin,
          signature.replace('2001/04/xmldsig-more#rsa-sha256', '2000/09/xmldsig#hmac-sha1'),
        ) +
        tail,
    ],
    [
      'a canonicalisation with comments',
      ({ head, unsigned, tail }) =>
        signed(head + unsigned + tail, 'Assertion', bed.provider, {
          transforms: [samlNames.enveloped, `${samlNames.exclusive}WithComments`],
        }),
    ],
    [
      'a namespace of its own for the assertion',
      ({ head, assertion, tail }) => head + assertion.replace(samlNames.assertion, 'urn:other') + tail,
    ],
    [
      'a namespace that is declared anew inside of what is signed',
      ({ head, assertion, tail }) =>
        head + assertion.replace('<saml:Subject>', '<saml:Subject xmlns:saml="urn:other">') + tail,
    ],
    [
      'a relative namespace, at which canonicalisation may stumble',
      ({ head, assertion, tail }) =>
        head + assertion.replace('<saml:Subject>', '<saml:Subject xmlns:x="1"><x:y/>') + tail,
    ],
    [
      'a response of another name space',
      ({ head, assertion, tail }) => head.replace(samlNames.protocol, 'urn:other') + assertion + tail,
    ],
    [
      'a second document behind the first',
      ({ head, assertion, evil, tail }) => head + assertion + tail + head + evil + tail,
    ],
    ['an assertion without a response', ({ assertion }) => assertion],
    [
      'a DOCTYPE with an entity',
      ({ head, assertion, tail }) =>
        `<!DOCTYPE samlp:Response [<!ENTITY who "p-admin">]>${head}${assertion.replace('p-7', '&who;')}${tail}`,
    ],
    [
      'an entity that nobody declared',
      ({ head, assertion, tail }) => head + assertion.replace('p-7', '&who;') + tail,
    ],
    [
      'a default attribute by DOCTYPE',
      ({ head, assertion, tail }) =>
        `<!DOCTYPE x [<!ATTLIST saml:Assertion Id CDATA "_evil">]>${head}${assertion}${tail}`,
    ],
  ])('%s proves nobody', async (_name, forge) => {
    const begun = await bed.begin();
    const forged = forge(piecesOf(begun));
    expect(await bed.answer(begun, forged)).toMatchObject({ outcome: 'failed', reason: 'not_genuine' });
    // What was taken apart is itself genuine, and nothing of it was used up.
    const { head, assertion, tail } = piecesOf(begun);
    expect(await bed.answer(begun, head + assertion + tail)).toMatchObject({
      outcome: 'proven',
      principal: { subject: 'p-7', groups: ['viewer'] },
    });
  });
});

describe('G10 a message that is made to cost', () => {
  const padding = 'x'.repeat(mostMessageBytes);
  test.each<[string, string, (pieces: Pieces) => string]>([
    [
      'entities that unfold',
      'DOCTYPE',
      ({ head }) => `<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${head}`,
    ],
    [
      'more bytes than any person needs',
      'too large',
      ({ head, assertion, tail }) => head + assertion.replace('p-7', padding) + tail,
    ],
    ['ten megabytes', 'too large', () => 'x'.repeat(10 * 1024 * 1024)],
    [
      'too many attributes of one element',
      'too many attributes',
      ({ head, assertion, tail }) =>
        head.replace(
          '<samlp:Response',
          `<samlp:Response${Array.from({ length: 9_000 }, (_, index) => ` a${index}=""`).join('')}`,
        ) +
        assertion +
        tail,
    ],
    [
      'too many elements',
      'too many elements',
      ({ head, assertion, tail }) => `${head}${assertion}${'<a/>'.repeat(1_600)}${tail}`,
    ],
    [
      'elements in elements in elements',
      'too deeply',
      ({ head, assertion, tail }) =>
        `${head}${assertion}${'<a>'.repeat(1_000)}${'</a>'.repeat(1_000)}${tail}`,
    ],
    [
      'a transform that is a program',
      'a transform is not allowed',
      ({ head, assertion, tail }) =>
        head +
        assertion.replace(
          `<Transform Algorithm="${samlNames.exclusive}"/>`,
          '<Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/></Transform>',
        ) +
        tail,
    ],
    [
      'a transform that selects',
      'a transform is not allowed',
      ({ head, assertion, tail }) =>
        head +
        assertion.replace(
          `<Transform Algorithm="${samlNames.exclusive}"/>`,
          '<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><XPath>//*</XPath></Transform>',
        ) +
        tail,
    ],
    [
      'a program inside of a transform that is allowed',
      'a transform has a program',
      ({ head, assertion, tail }) =>
        head +
        assertion.replace(
          `<Transform Algorithm="${samlNames.exclusive}"/>`,
          `<Transform Algorithm="${samlNames.exclusive}"><XPath>//*</XPath></Transform>`,
        ) +
        tail,
    ],
    [
      'more transforms than there can be',
      'too many transforms',
      ({ head, assertion, tail }) => {
        const one = `<Transform Algorithm="${samlNames.exclusive}"/>`;
        return head + assertion.replace(one, one.repeat(5)) + tail;
      },
    ],
    [
      'a key that is somewhere else',
      'a key is kept elsewhere',
      ({ head, assertion, tail }) =>
        head +
        assertion.replace(
          /<KeyInfo>[\s\S]*<\/KeyInfo>/,
          '<KeyInfo><RetrievalMethod URI="http://127.0.0.1:1/key"/></KeyInfo>',
        ) +
        tail,
    ],
    ['UTF-16', 'NUL', ({ head }) => Buffer.from(`\ufeff${head}`, 'utf16le').toString('latin1')],
    [
      'another encoding',
      'another encoding',
      ({ head, assertion, tail }) => `<?xml version="1.0" encoding="UTF-7"?>${head}${assertion}${tail}`,
    ],
    ['a NUL', 'NUL', ({ head, assertion, tail }) => head + assertion.replace('p-7', 'p-\0') + tail],
    ['half of a message', 'no XML', ({ head }) => head],
    ['nothing', 'no base64', () => ''],
  ])('%s is refused: %s', async (_name, detail, make) => {
    const begun = await bed.begin();
    expect(await bed.answer(begun, make(piecesOf(begun)))).toMatchObject({
      reason: 'not_genuine',
      detail: expect.stringContaining(detail),
    });
  });

  test('what is no base64 is refused', async () => {
    const received = await bed.method().posted?.receive({ SAMLResponse: '<xml/>', RelayState: '' });
    expect(received?.failure).toMatchObject({ reason: 'not_genuine' });
  });
});
