import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  genuine,
  providerId,
  type SamlBed,
  startSamlBed,
  type Told,
} from '../../../../../tests/support/saml-bed.ts';
import { encrypted, makeSamlKeyPair, responseXml, signed } from '../../../../../tests/support/saml-signer.ts';

let bed: SamlBed;
beforeAll(async () => {
  bed = await startSamlBed();
});
afterAll(() => bed.stop());

describe('a SAML provider', () => {
  test('is asked with a signed request, for a persistent name, and told where to answer', async () => {
    const { location, memory, request } = await bed.begin();
    expect(location.origin + location.pathname).toBe('https://idp.example/sso');
    expect(location.searchParams.get('RelayState')).toBe(memory.state);
    expect(memory.state.length).toBeLessThanOrEqual(80);
    expect(location.searchParams.get('SigAlg')).toBe('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256');
    expect(request).toContain(`ID="${memory.nonce}"`);
    expect(request).toContain(`AssertionConsumerServiceURL="${bed.callback}"`);
    expect(request).toContain('nameid-format:persistent');
  });

  test('proves a person with name, groups and claims', async () => {
    const method = bed.method({ claims: { department: 'urn:oid:2.16.840.1.113730.3.1.2' } });
    const begun = await bed.begin(method);
    const attributes = {
      groups: ['editor', 'staff'],
      displayName: ['Jane &amp; Co'],
      'urn:oid:2.16.840.1.113730.3.1.2': ['finance'],
      sub: ['somebody else'],
    };
    expect(await bed.answer(begun, genuine(bed, begun, { attributes }), method)).toEqual({
      outcome: 'proven',
      proof: { methods: ['fed'], at: expect.any(Number) },
      principal: {
        method: 'corp',
        subject: 'p-7',
        displayName: 'Jane & Co',
        groups: ['editor', 'staff'],
        claims: { department: 'finance' },
      },
    });
  });

  test('is asked for a factor and for a sign-in anew, by the contexts of the config', async () => {
    const contexts = ['https://refeds.org/profile/mfa', 'urn:example:2'];
    const method = bed.method({ secondFactor: { methods: [], contexts } });
    const { request } = await bed.begin(method, { factor: true, anew: false, withinMs: 900_000 });
    expect(request).toContain('ForceAuthn="true"');
    expect(request).toContain('Comparison="exact"');
    for (const context of contexts) expect(request).toContain(`>${context}</saml:AuthnContextClassRef>`);
    const plain = await bed.begin(method);
    expect(plain.request).not.toMatch(/ForceAuthn|RequestedAuthnContext/);
  });

  test('G16 is believed about a factor by the contexts of the config alone', async () => {
    const context = 'https://refeds.org/profile/mfa';
    const method = bed.method({ secondFactor: { methods: [], contexts: [context] } });
    const methodsOf = async (authnContext?: string) => {
      const begun = await bed.begin(method);
      const told = authnContext === undefined ? {} : { authnContext };
      const outcome = await bed.answer(begun, genuine(bed, begun, told), method);
      return outcome.outcome === 'proven' ? outcome.proof.methods : outcome.reason;
    };
    expect(await methodsOf(context)).toEqual(['fed', 'mfa']);
    expect(await methodsOf()).toEqual(['fed']);
    expect(await methodsOf(`${context}/`)).toEqual(['fed']);
    const begun = await bed.begin();
    const unnamed = await bed.answer(begun, genuine(bed, begun, { authnContext: context }));
    expect(unnamed).toMatchObject({ proof: { methods: ['fed'] } });
  });

  test('G16 that was told to ask anew and did not proves nobody', async () => {
    const method = bed.method();
    const wish = { factor: false, anew: false, withinMs: 60_000 };
    const answerOf = async (ageMs: number) => {
      const begun = await bed.begin(method, wish);
      return await bed.answer(begun, genuine(bed, begun, { signedInAt: Date.now() - ageMs }), method);
    };
    expect(await answerOf(0)).toMatchObject({ outcome: 'proven' });
    expect(await answerOf(3_600_000)).toMatchObject({ reason: 'claims_unusable' });
  });

  test('may sign the response, too', async () => {
    const begun = await bed.begin();
    const both = signed(genuine(bed, begun), 'Response', bed.provider);
    expect(await bed.answer(begun, both)).toMatchObject({ outcome: 'proven' });
  });

  test('proves by an attribute where the config says so', async () => {
    const method = bed.method({ subject: { from: 'attribute', name: 'employeeNumber' } });
    const begun = await bed.begin(method);
    const xml = genuine(bed, begun, { attributes: { employeeNumber: ['4711'] } });
    expect(await bed.answer(begun, xml, method)).toMatchObject({ principal: { subject: '4711' } });
    const other = await bed.begin(method);
    const twice = genuine(bed, other, { attributes: { employeeNumber: ['4711', '4712'] } });
    expect(await bed.answer(other, twice, method)).toMatchObject({ reason: 'claims_unusable' });
  });

  test('that names people anew at each sign-in proves nobody', async () => {
    const begun = await bed.begin();
    const nameIdFormat = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
    expect(await bed.answer(begun, genuine(bed, begun, { nameIdFormat }))).toMatchObject({
      reason: 'claims_unusable',
    });
  });

  test('that says no, signed or not, declines', async () => {
    const begun = await bed.begin();
    const xml = responseXml(
      {
        issuer: providerId,
        destination: bed.callback,
        inResponseTo: begun.memory.nonce,
        status: 'urn:oasis:names:tc:SAML:2.0:status:Responder',
      },
      '',
    );
    expect(await bed.answer(begun, xml)).toMatchObject({ reason: 'declined' });
    expect(await bed.answer(begun, signed(xml, 'Response', bed.provider))).toMatchObject({
      reason: 'declined',
    });
  });

  test('whose certificate cannot be read is unavailable, and nobody is sent there', async () => {
    const method = bed.method({ certificates: ['/nowhere/idp.crt'] });
    expect(await method.begin()).toMatchObject({ outcome: 'failed', reason: 'unavailable' });
  });

  test('gets to know us by our metadata', async () => {
    const xml = await bed.method({ encryptedAssertions: true }).posted?.metadata();
    expect(xml).toContain('entityID="https://access.example/sign-in/metadata/corp"');
    expect(xml).toContain('WantAssertionsSigned="true"');
    expect(xml).toContain(`HTTP-POST" Location="${bed.callback}"`);
    expect(xml?.match(/<ds:X509Certificate>MII/g)).toHaveLength(2);
  });
});

describe('G09 an answer', () => {
  const minute = 60_000;
  test.each<[string, string, Told]>([
    ['for another audience', 'audience mismatch', { audience: 'https://other.example' }],
    ['for another recipient', 'another recipient', { recipient: 'https://access.example/other' }],
    ['to another request than its envelope', 'of two requests', { inResponseTo: '_another' }],
    ['to no request', 'answers no request', { inResponseTo: '' }],
    ['of another issuer', 'another issuer', { issuer: 'https://other.example' }],
    ['that ended', 'expired', { now: Date.now() - 10 * minute, lifetimeMs: minute }],
    ['that begins later', 'not yet valid', { now: Date.now() + 10 * minute }],
  ])('%s proves nobody: %s', async (_name, detail, told) => {
    const begun = await bed.begin();
    expect(await bed.answer(begun, genuine(bed, begun, told))).toMatchObject({
      reason: 'not_genuine',
      detail: expect.stringContaining(detail),
    });
  });

  test('sent to another destination proves nobody', async () => {
    const begun = await bed.begin();
    const xml = bed.response(begun, bed.assertion(begun), 'https://other.example/acs');
    expect(await bed.answer(begun, signed(xml, 'Assertion', bed.provider))).toMatchObject({
      reason: 'not_genuine',
      detail: 'it is for another destination',
    });
  });

  test('that the provider began proves nobody, in any browser', async () => {
    const begun = await bed.begin();
    const response = responseXml(
      { issuer: providerId, destination: bed.callback, inResponseTo: '' },
      bed.assertion(begun, { inResponseTo: '' }),
    );
    const xml = signed(response, 'Assertion', bed.provider);
    expect(await bed.answer(begun, xml)).toMatchObject({ reason: 'not_genuine' });
  });

  test('with clocks that differ by half a minute is taken', async () => {
    const begun = await bed.begin();
    const xml = genuine(bed, begun, { now: Date.now() - minute, lifetimeMs: minute / 2 });
    expect(await bed.answer(begun, xml)).toMatchObject({ outcome: 'proven' });
  });

  test('counts once, also after a restart and for another gateway', async () => {
    const begun = await bed.begin();
    const xml = genuine(bed, begun);
    expect(await bed.answer(begun, xml)).toMatchObject({ outcome: 'proven' });
    const used = { reason: 'not_genuine', detail: 'the assertion was used before' };
    expect(await bed.answer(begun, xml)).toMatchObject(used);
    await bed.restart();
    expect(await bed.answer(begun, xml, bed.method())).toMatchObject(used);
  });

  test('of many at once counts once', async () => {
    const begun = await bed.begin();
    const xml = genuine(bed, begun);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => bed.answer(begun, xml)));
    expect(outcomes.filter(({ outcome }) => outcome === 'proven')).toHaveLength(1);
  });

  test('is worth nothing in another browser, which began something else', async () => {
    const [first, second] = [await bed.begin(), await bed.begin()];
    expect(await bed.answer(second, genuine(bed, first))).toMatchObject({
      reason: 'not_genuine',
      detail: 'the answer is to another request',
    });
  });

  test('of one provider does not do for another one, whoever signed it', async () => {
    const begun = await bed.begin();
    const other = bed.method({ name: 'other' });
    expect(await bed.answer(begun, genuine(bed, begun), other)).toMatchObject({ reason: 'not_genuine' });
    const proof = await bed.method().posted?.receive({
      SAMLResponse: Buffer.from(genuine(bed, begun)).toString('base64'),
      RelayState: begun.memory.state,
    });
    const elsewhere = new URL(`https://access.example/sign-in/callback/other?${proof?.query}`);
    expect(await other.finish(elsewhere, begun.memory)).toMatchObject({ reason: 'not_genuine' });
  });
});

describe('an encrypted assertion', () => {
  const method = () => bed.method({ encryptedAssertions: true });

  test('is taken with a signed one in it, and a plain one is not any more', async () => {
    const begun = await bed.begin(method());
    const inner = signed(bed.assertion(begun), 'Assertion', bed.provider);
    const xml = bed.response(begun, await encrypted(inner, bed.service));
    expect(await bed.answer(begun, xml, method())).toMatchObject({ outcome: 'proven' });
    const other = await bed.begin(method());
    expect(await bed.answer(other, genuine(bed, other), method())).toMatchObject({
      detail: 'its assertion is not encrypted',
    });
  });

  test.each<[string, (inner: string) => string | Promise<string>]>([
    ['that is not signed', (inner) => inner],
    [
      'that a stranger signed',
      async (inner) => signed(inner, 'Assertion', await makeSamlKeyPair('stranger')),
    ],
    [
      'that has a DOCTYPE',
      (inner) => `<!DOCTYPE x [<!ENTITY e "e">]>${signed(inner, 'Assertion', bed.provider)}`,
    ],
    [
      'whose signature has a transform of its own',
      (inner) =>
        signed(inner, 'Assertion', bed.provider).replace(
          'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
          'http://www.w3.org/TR/1999/REC-xslt-19991116',
        ),
    ],
  ])('G09 with one in it %s proves nobody', async (_name, made) => {
    const begun = await bed.begin(method());
    const xml = bed.response(begun, await encrypted(await made(bed.assertion(begun)), bed.service));
    expect(await bed.answer(begun, xml, method())).toMatchObject({ reason: 'not_genuine' });
  });

  test('with a cipher that tampering can be tried on needs a signed response, and its signature must hold', async () => {
    const begun = await bed.begin(method());
    const inner = signed(bed.assertion(begun), 'Assertion', bed.provider);
    const cbc = await encrypted(inner, bed.service, 'http://www.w3.org/2001/04/xmlenc#aes256-cbc');
    expect(await bed.answer(begun, bed.response(begun, cbc), method())).toMatchObject({
      detail: 'a cipher is not allowed without a signature around it',
    });
    const outer = bed.response(begun, cbc);
    const stranger = await makeSamlKeyPair('stranger');
    expect(await bed.answer(begun, signed(outer, 'Response', stranger), method())).toMatchObject({
      detail: "the response's own signature does not hold",
    });
    expect(await bed.answer(begun, signed(outer, 'Response', bed.provider), method())).toMatchObject({
      outcome: 'proven',
    });
  });

  test('is refused where the config asks for none', async () => {
    const begun = await bed.begin();
    const inner = signed(bed.assertion(begun), 'Assertion', bed.provider);
    const xml = bed.response(begun, await encrypted(inner, bed.service));
    expect(await bed.answer(begun, xml)).toMatchObject({ detail: 'its assertion is encrypted' });
  });
});
