import { createSign } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { genuine, providerId, type SamlBed, startSamlBed } from '../../../../../tests/support/saml-bed.ts';
import { makeSamlKeyPair, samlNames } from '../../../../../tests/support/saml-signer.ts';
import type { CarriedSignOut } from '../sign-in-method.ts';

const here = 'https://access.example/sign-out/corp';
const sha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
let bed: SamlBed;
let signOut: CarriedSignOut;
beforeAll(async () => {
  bed = await startSamlBed();
  const { carriedSignOut } = bed.method();
  if (carriedSignOut === undefined) throw new Error('it does not sign out');
  signOut = carriedSignOut;
  const begun = await bed.begin();
  await bed.answer(begun, genuine(bed, begun, { nameId: 'p-8' }));
});
afterAll(() => bed.stop());

interface Said {
  readonly id?: string;
  readonly issuer?: string;
  readonly destination?: string;
  readonly issuedAt?: number;
  readonly until?: number;
  readonly nameId?: string;
}

let ids = 0;

function requestXml(said: Said = {}): string {
  const { id = `_l${ids++}`, issuer = providerId, destination = here, issuedAt = Date.now() } = said;
  const { nameId = 'p-8', until = issuedAt + 60_000 } = said;
  return (
    `<samlp:LogoutRequest xmlns:samlp="${samlNames.protocol}" xmlns:saml="${samlNames.assertion}" ID="${id}" Version="2.0" ` +
    `IssueInstant="${new Date(issuedAt).toISOString()}" NotOnOrAfter="${new Date(until).toISOString()}" Destination="${destination}">` +
    `<saml:Issuer>${issuer}</saml:Issuer><saml:NameID>${nameId}</saml:NameID></samlp:LogoutRequest>`
  );
}

/** The query of a message, signed over the bytes as they are (SAML bindings, section 3.4.4.1). */
function signedQuery(xml: string, key = bed.provider.privateKey, algorithm = sha256): string {
  const message = encodeURIComponent(deflateRawSync(xml).toString('base64'));
  const query = `SAMLRequest=${message}&RelayState=r%201&SigAlg=${encodeURIComponent(algorithm)}`;
  const hash = algorithm.endsWith('sha1') ? 'RSA-SHA1' : 'RSA-SHA256';
  const signature = createSign(hash).update(query).sign(key, 'base64');
  return `${query}&Signature=${encodeURIComponent(signature)}`;
}

describe('a sign-out that the provider asks for', () => {
  test('names the person, and is answered with a signed message to the same request', async () => {
    const message = await signOut.receive(signedQuery(requestXml({ id: '_asked' })));
    if (message.outcome !== 'asked') throw new Error(JSON.stringify(message));
    expect(message.personId).toBe('corp:p-8');
    const answer = await message.answer();
    expect(answer.origin + answer.pathname).toBe('https://idp.example/slo');
    expect(answer.searchParams.get('RelayState')).toBe('r 1');
    expect(answer.searchParams.get('SigAlg')).toBe(sha256);
    const xml = inflateRawSync(
      Buffer.from(answer.searchParams.get('SAMLResponse') ?? '', 'base64'),
    ).toString();
    expect(xml).toContain('InResponseTo="_asked"');
    expect(xml).toContain('status:Success');
  });

  test('of somebody who is unknown here is answered so', async () => {
    const message = await signOut.receive(signedQuery(requestXml({ nameId: 'nobody' })));
    if (message.outcome !== 'asked') throw new Error(JSON.stringify(message));
    expect(message.personId).toBeUndefined();
    const answer = (await message.answer()).searchParams.get('SAMLResponse') ?? '';
    expect(inflateRawSync(Buffer.from(answer, 'base64')).toString()).toContain('status:UnknownPrincipal');
  });

  test('counts once', async () => {
    const query = signedQuery(requestXml());
    expect(await signOut.receive(query)).toMatchObject({ outcome: 'asked' });
    expect(await bed.method().carriedSignOut?.receive(query)).toMatchObject({ detail: 'it was used before' });
  });

  const hour = 3_600_000;
  test.each<[string, string, () => string | Promise<string>]>([
    ['without a signature', 'not signed', () => signedQuery(requestXml()).replace(/&Signature=.*/, '')],
    [
      'that a stranger signed',
      'Invalid query signature',
      async () => signedQuery(requestXml(), (await makeSamlKeyPair('stranger')).privateKey),
    ],
    [
      'with a SHA-1 signature',
      'not allowed',
      () => signedQuery(requestXml(), undefined, 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'),
    ],
    [
      'with another RelayState than the signed one',
      'Invalid query signature',
      () => signedQuery(requestXml()).replace('r%201', 'r2'),
    ],
    [
      'with a second request before the signed one',
      'twice',
      () =>
        `SAMLRequest=${encodeURIComponent(deflateRawSync(requestXml({ nameId: 'p-9' })).toString('base64'))}&${signedQuery(requestXml())}`,
    ],
    [
      'with a parameter whose name holds another',
      'another parameter',
      () => `xSAMLRequest=1&${signedQuery(requestXml())}`,
    ],
    ['that is not encoded right', 'encoded', () => signedQuery(requestXml()).replace('r%201', '%zz')],
    ['of another provider', 'issuer', () => signedQuery(requestXml({ issuer: 'https://other.example' }))],
    [
      'for another destination',
      'destination',
      () => signedQuery(requestXml({ destination: 'https://other.example' })),
    ],
    ['that ended', 'expired', () => signedQuery(requestXml({ issuedAt: Date.now() - hour }))],
    [
      'of long ago that does not end',
      'not of now',
      () => signedQuery(requestXml({ issuedAt: Date.now() - hour, until: Date.now() + hour })),
    ],
    ['with a DOCTYPE', 'DOCTYPE', () => signedQuery(`<!DOCTYPE x>${requestXml()}`)],
    [
      'that unfolds to megabytes',
      'too large',
      () => signedQuery(requestXml({ nameId: 'x'.repeat(20 * 1024 * 1024) })),
    ],
    [
      'that is another kind of message',
      'no LogoutRequest',
      () => signedQuery(requestXml().replaceAll('LogoutRequest', 'AuthnRequest')),
    ],
    ['that is nothing', 'another parameter', () => ''],
  ])('%s is refused: %s', async (_name, detail, make) => {
    expect(await signOut.receive(await make())).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining(detail),
    });
  });
});

describe('a sign-out here', () => {
  test('sends the browser there with the name and session that the provider gave, once', async () => {
    const begun = await bed.begin();
    await bed.answer(begun, genuine(bed, begun, { nameId: 'p-10' }));
    const there = await signOut.begin('corp:p-10');
    if (there.outcome !== 'redirect') throw new Error(there.outcome);
    const { searchParams } = there.location;
    const xml = inflateRawSync(Buffer.from(searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
    expect(xml).toContain('>p-10</saml:NameID>');
    expect(xml).toContain('>_s1</saml2p:SessionIndex>');
    expect(searchParams.get('Signature')).not.toBeNull();
    expect(await signOut.begin('corp:p-10')).toEqual({ outcome: 'nowhere' });
  });

  test('of somebody whose session there nobody knows stays here', async () => {
    expect(await signOut.begin('corp:nobody')).toEqual({ outcome: 'nowhere' });
  });

  test('that cannot be told to the provider says why', async () => {
    const begun = await bed.begin();
    await bed.answer(begun, genuine(bed, begun, { nameId: 'p-11' }));
    const { carriedSignOut } = bed.method({ certificates: ['/nowhere/idp.crt'] });
    expect(await carriedSignOut?.begin('corp:p-11')).toEqual({
      outcome: 'failed',
      detail: expect.stringContaining('/nowhere/idp.crt'),
    });
  });
});
