import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../requirements.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { psql } from '../../support/psql.ts';

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await startGateway();
  token = (await gateway.tokens('viewer')).accessToken;
});
afterAll(() => gateway?.stop());

const me = async (init: RequestInit = {}, query = '') =>
  await fetch(`${gateway.issuer}/api/v1/me${query}`, init);

describe('the HTTP API', () => {
  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])(
    verifies(['oauth21-5.1.1-header', 'rfc6750-2.1-header'], 'takes a token in the header, after %s'),
    async (scheme) => {
      const response = await me({ headers: { authorization: `${scheme} ${token}` } });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        person: { id: 'local:viewer@example.com' },
        client: 'app',
        database: 'authdb',
        roles: ['readonly'],
      });
    },
  );

  test(verifies('oauth21-5.1-no-token-in-query', 'ignores a token in the address'), async () => {
    expect((await me({}, `?access_token=${token}`)).status).toBe(401);
  });

  test.each([
    ['nothing', undefined],
    ['a token that does not exist', `Bearer gwt_${'A'.repeat(43)}`],
    ['no token at all', 'Bearer nonsense'],
    ['another scheme', 'Basic YTpi'],
    ['an empty token', 'Bearer '],
  ])(
    verifies(
      ['rfc6750-3-challenge', 'rfc6750-3-scheme', 'rfc6750-3-attributes-once', 'oauth21-5.2-validated'],
      'answers %s with 401 and one challenge',
    ),
    async (_, authorization) => {
      const response = await me(authorization === undefined ? {} : { headers: { authorization } });
      expect(response.status).toBe(401);
      const challenge = response.headers.get('www-authenticate') ?? '';
      expect(challenge).toMatch(/^Bearer [a-z_]+="/);
      for (const attribute of ['error=', 'error_description=', 'error_uri=', 'realm=', 'scope='])
        expect(challenge.split(attribute).length).toBeLessThanOrEqual(2);
    },
  );
});

describe('a token for one database', () => {
  test(
    verifies(['oauth21-7.1.4-audience', 'oauth21-5.2-validated'], 'F19 opens no other, on no door'),
    async () => {
      const http = await fetch(`${gateway.issuer}/api/v1/databases/other/query`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ statement: 'SELECT 1' }),
      });
      expect([403, 404]).toContain(http.status);
      const wire = await psql(gateway, { token, database: 'other' }, 'SELECT 1');
      expect(wire.code).toBe(2);
      expect(wire.stderr).toContain('This access token is for another database');
    },
  );

  test('F19 an ID token, a refresh token, a client secret and the cookie of a session open none', async () => {
    const scope = 'openid db:authdb:readonly offline_access';
    const { body, refreshToken } = await gateway.tokens('viewer', { scope, prompt: 'consent' });
    const person = gateway.person('viewer');
    await person.home();
    const cookie = /grantway_session=([^;]+)/.exec(person.allCookies)?.[1] ?? '';
    for (const password of [String(body.id_token), refreshToken, gateway.clientSecret, cookie]) {
      expect(password.length).toBeGreaterThan(20);
      const wire = await psql(gateway, { token: password }, 'SELECT 1');
      expect(wire.stderr).toContain('not valid any more');
      expect((await me({ headers: { authorization: `Bearer ${password}` } })).status).toBe(401);
    }
  });
});

describe('registering a client', () => {
  const registered = async (redirectUri: string) => {
    const other = await startRegistering();
    return await fetch(`${other.issuer}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: 'New',
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'none',
      }),
    });
  };
  let open: TestGateway | undefined;
  const startRegistering = async () => {
    open ??= await startGateway({ config: { registration: { enabled: true } } });
    return open;
  };
  afterAll(() => open?.stop());

  test('F12 is closed unless the operator opens it', async () => {
    const response = await fetch(`${gateway.issuer}/oauth/register`, { method: 'POST' });
    expect(response.status).toBe(404);
  });

  test('works when it is open', async () => {
    expect((await registered('https://new.example/callback')).status).toBe(201);
  });

  test.each(['https://new.example/callback#x', '/callback', 'new.example/callback', 'javascript:alert(1)'])(
    verifies(
      ['oauth21-2.3-no-fragment', 'oauth21-2.3.1-complete-uri'],
      'refuses a redirect URI that is not absolute, or has a fragment: %s',
    ),
    async (redirectUri) => {
      const response = await registered(redirectUri);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: expect.stringMatching(/^invalid_/) });
    },
  );
});
