import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CertificatePair } from '../../support/certificates.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import type { Person } from '../../support/person.ts';
import { assertionXml, makeSamlKeyPair, responseXml, signed } from '../../support/saml-signer.ts';

const notOurs = 'does not belong to this sign-in';
const methods = ['corp', 'other'] as const;
type Method = (typeof methods)[number];

let folder: string;
let gateway: TestGateway;
let keys: Readonly<Record<Method, CertificatePair>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-saml-answers-'));
  const [corp, other] = await Promise.all(methods.map((name) => makeSamlKeyPair(name)));
  if (corp === undefined || other === undefined) throw new Error('no keys');
  keys = { corp, other };
  const entries = await Promise.all(
    methods.map(async (name) => {
      const file = join(folder, `${name}.crt`);
      await writeFile(file, keys[name].certificate);
      const signInUrl = `https://${name}.example/sso`;
      return [name, { kind: 'saml', entityId: `https://${name}.example`, signInUrl, certificates: [file] }];
    }),
  );
  gateway = await startGateway({ config: { signIn: { local: {}, ...Object.fromEntries(entries) } } });
});
afterAll(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a provider's page posts. */
interface Posted {
  readonly callback: string;
  readonly form: URLSearchParams;
}

/** Begins at `method`, and has the provider `by` answer with everything as this sign-in wants it. */
async function answerTo(
  person: Person,
  method: Method,
  by: Method = method,
  groups: readonly string[] = [],
): Promise<Posted> {
  const there = await person.open(`/sign-in/with/${method}`);
  if (there.kind === 'page') throw new Error(`not sent to the provider:\n${there.html}`);
  const request = inflateRawSync(Buffer.from(there.to.searchParams.get('SAMLRequest') ?? '', 'base64'));
  const inResponseTo = / ID="([^"]+)"/.exec(request.toString())?.[1] ?? '';
  const callback = `${gateway.issuer}/sign-in/callback/${method}`;
  const assertion = assertionXml({
    issuer: `https://${method}.example`,
    audience: `${gateway.issuer}/sign-in/metadata/${method}`,
    recipient: callback,
    inResponseTo,
    attributes: { displayName: ['Jane of SAML'], groups },
  });
  const said = { issuer: `https://${method}.example`, destination: callback, inResponseTo };
  const xml = signed(responseXml(said, assertion), 'Assertion', keys[by]);
  const form = new URLSearchParams({
    SAMLResponse: Buffer.from(xml).toString('base64'),
    RelayState: there.to.searchParams.get('RelayState') ?? '',
  });
  return { callback, form };
}

/** Posts it as a browser does from another site, without any cookie; the address to go on at. */
async function post({ callback, form }: Posted): Promise<string> {
  const headers = { origin: 'https://corp.example', 'sec-fetch-site': 'cross-site' };
  const response = await fetch(callback, { method: 'POST', body: form, headers, redirect: 'manual' });
  return response.headers.get('location') ?? `${response.status}`;
}

describe("a SAML provider's answer", () => {
  test('comes without a cookie, and counts in the browser that began', async () => {
    const person = gateway.person('viewer');
    const home = await person.open(await post(await answerTo(person, 'corp')));
    expect(home).toMatchObject({ kind: 'page', html: expect.stringContaining('Jane of SAML') });
  });

  test('G09 in another browser signs nobody in', async () => {
    const mallory = gateway.person('viewer');
    const address = await post(await answerTo(mallory, 'corp'));
    const victim = gateway.person('viewer');
    await victim.open('/sign-in/with/corp');
    expect(await victim.open(address)).toMatchObject({ html: expect.stringContaining(notOurs) });
    expect(await victim.open('/')).not.toMatchObject({ html: expect.stringContaining('Jane of SAML') });
  });

  test('G09 counts once, also for a gateway that was started again', async () => {
    const person = gateway.person('viewer');
    const posted = await answerTo(person, 'corp');
    await person.open(await post(posted));
    expect(await post(posted)).toContain('error=not_genuine');
    await gateway.restart();
    expect(await post(posted)).toContain('error=not_genuine');
  });

  test('G09 is believed only when the provider of that method signed it', async () => {
    const person = gateway.person('viewer');
    const address = await post(await answerTo(person, 'corp', 'other'));
    expect(address).toContain('error=not_genuine');
    expect(await person.open(address)).toMatchObject({ html: expect.stringContaining(notOurs) });
    const { form } = await answerTo(person, 'corp');
    const elsewhere = await post({ callback: `${gateway.issuer}/sign-in/callback/other`, form });
    expect(elsewhere).toContain('error=not_genuine');
  });

  test('says up to a thousand groups', async () => {
    const person = gateway.person('viewer');
    const groups = Array.from({ length: 1_000 }, (_, n) => `CN=group-${n},OU=Groups,DC=corp,DC=example`);
    const posted = await answerTo(person, 'corp', 'corp', groups);
    expect(posted.form.toString().length).toBeGreaterThan(64 * 1024);
    const home = await person.open(await post(posted));
    expect(home).toMatchObject({ kind: 'page', html: expect.stringContaining('Jane of SAML') });
  });

  test('G10 of ten megabytes is not read', async () => {
    const form = new URLSearchParams({ SAMLResponse: 'A'.repeat(10 * 1024 * 1024) });
    const answer = await post({ callback: `${gateway.issuer}/sign-in/callback/corp`, form }).catch(
      () => 'cut off',
    );
    expect(['413', 'cut off']).toContain(answer);
  });

  test('goes to no method that takes none', async () => {
    for (const method of ['local', 'nobody']) {
      const callback = `${gateway.issuer}/sign-in/callback/${method}`;
      expect(await post({ callback, form: new URLSearchParams({ SAMLResponse: 'AAAA' }) })).toBe('404');
    }
  });
});
