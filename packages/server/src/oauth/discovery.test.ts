import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressed } from './origin.ts';
import { rawRequest, startTestBed, type TestBed } from './testing/index.ts';

describe('discovery', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const raw = (path: string, headers: Record<string, string>) =>
    rawRequest(Number(new URL(bed.issuer).port), path, headers);

  it('is the same document at both addresses, with endpoints under /oauth/', async () => {
    const openid = await (await fetch(`${bed.issuer}/.well-known/openid-configuration`)).json();
    const oauth = await (await fetch(`${bed.issuer}/.well-known/oauth-authorization-server`)).json();
    expect(oauth).toEqual(openid);
    const at = (path: string) => `${bed.issuer}/oauth/${path}`;
    expect(openid).toMatchObject({
      issuer: bed.issuer,
      authorization_endpoint: at('authorize'),
      token_endpoint: at('token'),
      revocation_endpoint: at('revoke'),
      introspection_endpoint: at('introspect'),
      device_authorization_endpoint: at('device'),
      userinfo_endpoint: at('userinfo'),
      jwks_uri: at('jwks'),
      pushed_authorization_request_endpoint: at('par'),
      end_session_endpoint: at('end-session'),
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      scopes_supported: ['openid', 'profile', 'groups', 'offline_access'],
    });
    expect(openid).not.toHaveProperty('registration_endpoint');
    expect(JSON.stringify(openid)).not.toContain('implicit');
  });

  it('F14 names the issuer whatever the request says', async () => {
    const { port, host } = new URL(bed.issuer);
    for (const headers of [
      { host: `localhost:${port}` },
      { host, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    ]) {
      const { status, body } = await raw('/.well-known/openid-configuration', headers);
      expect(status).toBe(200);
      expect(body).toContain(`"token_endpoint":"${bed.issuer}/oauth/token"`);
      expect(body).not.toMatch(/evil|localhost/);
    }
  });

  it('sends a browser that came by another name of this machine to the issuer, where its cookies are', async () => {
    const { port } = new URL(bed.issuer);
    const { status, headers } = await raw('/oauth/authorize?client_id=x', { host: `localhost:${port}` });
    expect(status).toBe(307);
    expect(headers.location).toBe(`${bed.issuer}/oauth/authorize?client_id=x`);
  });

  it('F14 refuses a host that is not ours, and a target that names another', async () => {
    const { host } = new URL(bed.issuer);
    const path = '/.well-known/openid-configuration';
    expect((await raw(path, { host: 'evil.example' })).status).toBe(400);
    expect((await raw(path, { host: '127.0.0.1:1' })).status).toBe(400);
    expect((await raw(`http://evil.example${path}`, { host })).status).toBe(400);
    expect((await raw(`//evil.example${path}`, { host })).status).toBe(400);
  });

  it('publishes keys without their private parts', async () => {
    const { keys } = (await (await fetch(`${bed.issuer}/oauth/jwks`)).json()) as { keys: object[] };
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('answers what is not there', async () => {
    const answer = await fetch(`${bed.issuer}/oauth/nothing`);
    expect(answer.status).toBe(404);
    expect((await fetch(`${bed.issuer}/oauth/register`, { method: 'POST' })).status).toBe(404);
  });
});

it('behind TLS marks its cookies for this host and for TLS alone, and names https everywhere', async () => {
  const issuer = 'https://access.example.com';
  await using bed = await startTestBed({ issuer });
  const port = Number(new URL(bed.issuer).port);
  const headers = { host: 'access.example.com' };
  const discovery = await rawRequest(port, '/.well-known/openid-configuration', headers);
  expect(JSON.parse(discovery.body)).toMatchObject({ issuer, token_endpoint: `${issuer}/oauth/token` });
  const page = await rawRequest(port, '/device', headers);
  expect(page.headers['set-cookie']?.[0]).toMatch(
    /^__Host-grantway_session=[^;]+; path=\/; .*secure; httponly;/i,
  );
  const query = new URLSearchParams({
    client_id: 'grantway-cli',
    response_type: 'code',
    scope: 'db:authdb',
    redirect_uri: 'http://127.0.0.1:1/callback',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  });
  const asked = await rawRequest(port, `/oauth/authorize?${query}`, headers);
  expect(asked.headers.location).toMatch(/^\/sign-in\//);
  expect(String(asked.headers['set-cookie'])).toMatch(
    /__Secure-grantway_interaction=[^;]+; path=\/sign-in\/[^;]+;.* secure;/i,
  );
});

describe('a Host header', () => {
  it.each([
    ['https://access.example.com', 'access.example.com', 'issuer'],
    ['https://access.example.com', 'ACCESS.example.com', 'issuer'],
    ['https://access.example.com', 'access.example.com:443', 'foreign'],
    ['https://access.example.com', 'access.example.com.', 'foreign'],
    ['https://access.example.com', 'localhost', 'foreign'],
    ['https://access.example.com', 'evil@access.example.com', 'foreign'],
    ['http://127.0.0.1:8400', 'localhost:8400', 'alias'],
    ['http://127.0.0.1:8400', '[::1]:8400', 'alias'],
    ['http://127.0.0.1:8400', 'localhost:8401', 'foreign'],
    ['http://127.0.0.1:8400', 'localhost', 'foreign'],
    ['http://127.0.0.1:8400', 'localhost.evil.example:8400', 'foreign'],
    ['http://localhost', 'localhost', 'issuer'],
    ['http://localhost', '127.0.0.1', 'alias'],
  ])('F14 for the issuer %s: %s is %s', (issuer, host, outcome) => {
    expect(addressed({ headers: { host }, url: '/oauth/token' }, new URL(issuer)).outcome).toBe(outcome);
  });

  it('that is missing is foreign', () => {
    expect(addressed({ headers: {}, url: '/' }, new URL('http://localhost:1')).outcome).toBe('foreign');
  });
});
