import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CertificateGateway, startCertificateGateway } from '../../support/certificate-gateway.ts';
import { type CertificatePair, makeAuthority, writeCertificate } from '../../support/certificates.ts';

let folder: string;
let place: CertificateGateway;
/** Of an authority that the gateway does not know. */
let own: CertificatePair;
let etl: CertificatePair;
let other: CertificatePair;

const acting = { grantTypes: ['client_credentials'], scopes: ['db:authdb'] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-bound-'));
  own = await (await makeAuthority('Somebody')).issueClient('worker');
  const { certificate } = await writeCertificate(own, folder, 'worker');
  place = await startCertificateGateway({
    worker: { ...acting, name: 'Worker', certificate: { file: certificate } },
    etl: { ...acting, name: 'ETL', certificate: { dns: 'etl.internal' } },
    batch: { ...acting, name: 'Batch', secret: 'env:BATCH_SECRET', bindTokens: true },
  });
  etl = await place.authority.issueClient('etl', ['etl.internal']);
  other = await place.authority.issueClient('other', ['other.internal']);
});
afterAll(async () => {
  await place?.stop();
  await rm(folder, { recursive: true, force: true });
});

function tlsOf(pair: CertificatePair | undefined) {
  const ca = place.authority.certificate;
  return pair === undefined ? { ca } : { ca, cert: pair.certificate, key: pair.privateKey };
}

interface Answer {
  readonly status: number | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

function ask(
  pair: CertificatePair | undefined,
  path: string,
  form?: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = form === undefined ? 'GET' : 'POST';
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const options = { method, headers: { ...type, ...headers }, agent: false, ...tlsOf(pair) };
    const asking = request(`${place.issuer}${path}`, options, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode, body: JSON.parse(text) });
    });
    asking.on('error', reject);
    asking.end(form === undefined ? undefined : new URLSearchParams(form).toString());
  });
}

async function token(pair: CertificatePair | undefined, form: Readonly<Record<string, string>>) {
  const answer = await ask(pair, '/oauth/token', { grant_type: 'client_credentials', ...form });
  return { status: answer.status, error: answer.body.error, value: String(answer.body.access_token) };
}

async function loginWith(pair: CertificatePair | undefined, given: string): Promise<unknown> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: place.port('postgres'),
    user: 'me',
    database: 'authdb',
    options: `-c authToken=${given}`,
    ssl: tlsOf(pair),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query('SELECT session_user AS login')).rows;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : thrown;
  } finally {
    await client.end().catch(() => {});
  }
}

const needsCertificate =
  'This access token is bound to a certificate: connect with the one that it was issued for.';

test('discovery says which clients may show a certificate, and that tokens are bound to it', async () => {
  const { body } = await ask(undefined, '/.well-known/openid-configuration');
  expect(body).toMatchObject({
    tls_client_certificate_bound_access_tokens: true,
    token_endpoint_auth_methods_supported: expect.arrayContaining([
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ]),
  });
});

describe('a client that is known by its certificate', () => {
  test('gets a token with it, and that token is good with it alone, at a door and over HTTP', async () => {
    const given = await token(own, { client_id: 'worker' });
    expect(given.status).toBe(200);
    expect(await loginWith(own, given.value)).toEqual([{ login: 'app_readonly' }]);
    expect(await loginWith(undefined, given.value)).toBe(needsCertificate);
    expect(await loginWith(other, given.value)).toBe(needsCertificate);

    const headers = { authorization: `Bearer ${given.value}` };
    expect(await ask(own, '/api/v1/me', undefined, headers)).toMatchObject({ status: 200 });
    expect(await ask(undefined, '/api/v1/me', undefined, headers)).toMatchObject({
      status: 401,
      body: { code: 'certificate_missing' },
    });
    expect(await ask(other, '/api/v1/me', undefined, headers)).toMatchObject({ status: 401 });
  });

  test.each([
    ['worker', () => other],
    ['worker', () => undefined],
    ['etl', () => other],
    ['etl', () => own],
    ['etl', () => undefined],
  ])('gets none without that certificate (%s)', async (client_id, pair) => {
    expect(await token(pair(), { client_id })).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  test('may be known by a name in it, when a configured authority signed it', async () => {
    const given = await token(etl, { client_id: 'etl' });
    expect(given.status).toBe(200);
    expect(await loginWith(etl, given.value)).toEqual([{ login: 'app_readonly' }]);
    const forged = await (await makeAuthority('People')).issueClient('etl', ['etl.internal']);
    // A few times in a hundred the TLS library itself ends the connection over such a signature; then nothing is asked.
    const answer = await token(forged, { client_id: 'etl' }).then(
      ({ status }) => status,
      () => 'closed',
    );
    expect([401, 'closed']).toContain(answer);
  });

  test('H05 is not known by headers in which a proxy might say it', async () => {
    const pem = encodeURIComponent(etl.certificate);
    const form = { grant_type: 'client_credentials', client_id: 'etl' };
    const headers = {
      'x-ssl-client-cert': pem,
      'x-forwarded-client-cert': `Cert="${pem}"`,
      'client-cert': pem,
    };
    expect(await ask(undefined, '/oauth/token', form, headers)).toMatchObject({ status: 401 });
  });

  test('loses both ways when the certificate is revoked', async () => {
    const leaving = await place.authority.issueClient('etl', ['etl.internal']);
    const given = await token(leaving, { client_id: 'etl' });
    expect(await loginWith(leaving, given.value)).toEqual([{ login: 'app_readonly' }]);
    await place.revoke([leaving]);
    await expect
      .poll(() => loginWith(leaving, given.value))
      .toBe('Your access was revoked: your certificate was revoked. Sign in again if you still need it.');
    expect(await token(leaving, { client_id: 'etl' })).toMatchObject({ status: 401 });
  });
});

test('a client with a secret may have its tokens bound to the certificate that it showed', async () => {
  const secret = { client_id: 'batch', client_secret: process.env.BATCH_SECRET ?? '' };
  const given = await token(other, secret);
  expect(given.status).toBe(200);
  expect(await loginWith(other, given.value)).toEqual([{ login: 'app_readonly' }]);
  expect(await loginWith(undefined, given.value)).toBe(needsCertificate);
  expect(await token(undefined, secret)).toMatchObject({ status: 400 });

  const { body } = await ask(other, '/oauth/introspect', { ...secret, token: given.value });
  expect(body).toMatchObject({ active: true, cnf: { 'x5t#S256': expect.any(String) } });
});
