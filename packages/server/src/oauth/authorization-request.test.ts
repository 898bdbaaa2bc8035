import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import {
  acmeSecret,
  authorize,
  basic,
  bothBeforeEither,
  startTestBed,
  type TestBed,
  TestBrowser,
  target,
  throughThePages,
  tokenRequest,
} from './testing/index.ts';

const callback = 'https://bi.acme.example/callback';
const acme = { clientId: 'acme-bi', secret: acmeSecret, redirectUri: callback };
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('an authorization request', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const ask = (parameters: Record<string, string> | [string, string][]) =>
    new TestBrowser().get(`${bed.issuer}/oauth/authorize?${new URLSearchParams(parameters)}`);
  const base = { client_id: 'acme-bi', response_type: 'code', scope: 'db:authdb', redirect_uri: callback };
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };

  it.each([
    ['a suffix', `${callback}/more`],
    ['a prefix', 'https://bi.acme.example/call'],
    ['dot segments', 'https://bi.acme.example/x/../callback'],
    ['encoded dots', 'https://bi.acme.example/%2e%2e/callback'],
    ['a query', `${callback}?x=1`],
    ['a fragment', `${callback}#x`],
    ['user info', 'https://bi.acme.example@evil.example/callback'],
    ['user info before the host', 'https://u@bi.acme.example/callback'],
    ['a backslash', 'https://bi.acme.example\\@evil.example/callback'],
    ['another case in the path', 'https://bi.acme.example/Callback'],
    ['another case in the host', 'https://BI.acme.example/callback'],
    ['a port', 'https://bi.acme.example:444/callback'],
    ['the default port', 'https://bi.acme.example:443/callback'],
    ['a trailing dot', 'https://bi.acme.example./callback'],
    ['another scheme', 'http://bi.acme.example/callback'],
    ['a trailing slash', `${callback}/`],
    ['a leading space', ` ${callback}`],
    ['a script', 'javascript:alert(1)'],
    ['nothing', ''],
  ])('F01 refuses a redirect URI with %s on a page of our own', async (_what, uri) => {
    const response = await ask({ ...base, ...pkce, redirect_uri: uri });
    expect(response.status).toBe(400);
    expect(target(response)).toBeUndefined();
    expect(await response.json()).toMatchObject({ page: 'error' });
  });

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:61001/callback', 303],
    ['[::1]', 'http://[::1]:61001/callback', 303],
    ['another path', 'http://127.0.0.1:61001/other', 400],
    ['localhost, which is a name', 'http://localhost:61001/callback', 400],
    ['a name that starts like it', 'http://127.0.0.1.nip.io/callback', 400],
    ['a host that starts like it', 'http://localhost.evil.example/callback', 400],
    ['a hexadecimal address', 'http://0x7f.1:61001/callback', 400],
    ['a short address', 'http://127.1:61001/callback', 400],
    ['user info', 'http://127.0.0.1:61001@evil.example/callback', 400],
    ['https', 'https://127.0.0.1:61001/callback', 400],
  ])(
    'F02 takes any port of loopback for the command line, and checks the rest: %s',
    async (_what, uri, status) => {
      const response = await ask({ ...base, ...pkce, client_id: 'grantway-cli', redirect_uri: uri });
      expect(response.status).toBe(status);
    },
  );

  it('F02 takes another port from no web client', async () => {
    const { clientId } = await bed.clients.register({
      name: 'Local web',
      redirectUris: ['http://localhost:3000/cb', 'https://app.example/cb'],
      scopes: [],
      grantTypes: ['authorization_code'],
      confidential: false,
    });
    const go = (uri: string) => ask({ ...base, ...pkce, client_id: clientId, redirect_uri: uri });
    expect((await go('http://localhost:3000/cb')).status).toBe(303);
    expect((await go('http://localhost:3001/cb')).status).toBe(400);
  });

  it.each([
    ['no challenge', {}],
    ['a plain challenge', { code_challenge: challenge, code_challenge_method: 'plain' }],
    ['no method, which means plain', { code_challenge: challenge }],
    ['a method without a challenge', { code_challenge_method: 'S256' }],
    ['a short challenge', { code_challenge: 'short', code_challenge_method: 'S256' }],
    ['a long challenge', { code_challenge: 'x'.repeat(129), code_challenge_method: 'S256' }],
  ])('F03 is refused with %s, for a client with a secret too', async (_what, parameters) => {
    const response = await ask({ ...base, ...parameters });
    expect(target(response)?.searchParams.get('error')).toBe('invalid_request');
    expect(target(response)?.searchParams.get('iss')).toBe(bed.issuer);
  });

  it.each(['token', 'id_token', 'code id_token', 'none', 'code token'])(
    'is refused for the response type %s',
    async (type) => {
      const response = await ask({ ...base, ...pkce, response_type: type, nonce: 'n' });
      expect(target(response)?.toString()).toContain('error=unsupported_response_type');
    },
  );

  it('F01 is refused with a parameter twice', async () => {
    const twice: [string, string][] = [...Object.entries({ ...base, ...pkce }), ['redirect_uri', callback]];
    const response = await ask(twice);
    expect(response.status).toBe(400);
  });

  it('is refused for a client that does not exist or is disabled', async () => {
    expect((await ask({ ...base, ...pkce, client_id: 'nobody' })).status).toBe(400);
    await bed.store.clients.disable('acme-bi');
    expect((await ask({ ...base, ...pkce })).status).toBe(400);
    await bed.store.clients.enable('acme-bi');
  });

  it('F09 belongs to the browser that started it', async () => {
    const browser = new TestBrowser();
    const page = await browser.follow(
      await browser.get(`${bed.issuer}/oauth/authorize?${new URLSearchParams({ ...base, ...pkce })}`),
    );
    expect(page.status).toBe(200);
    const elsewhere = await new TestBrowser().get(page.url);
    expect(elsewhere.status).toBe(404);
    const posted = await new TestBrowser().post(page.url, { username: 'viewer@example.com' });
    expect(posted.status).toBe(500);
  });

  it('can be pushed first, once', async () => {
    const configuration = await bed.as('acme-bi', acmeSecret);
    const verifier = openid.randomPKCECodeVerifier();
    const start = await openid.buildAuthorizationUrlWithPAR(configuration, {
      ...base,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const browser = new TestBrowser();
    const { response } = await throughThePages(browser, await browser.get(start), {});
    const back = target(response);
    expect(back?.origin).toBe('https://bi.acme.example');
    const tokens = await openid.authorizationCodeGrant(configuration, back ?? start, {
      pkceCodeVerifier: verifier,
    });
    expect(tokens).toMatchObject({ database: 'authdb' });
    expect((await new TestBrowser().get(start)).status).toBe(400);
  });
});

describe('a code', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const newCode = async () => {
    const { url, verifier } = await authorize(bed, {
      ...acme,
      parameters: { scope: 'db:authdb', prompt: 'consent' },
    });
    return { code: url.searchParams.get('code') ?? '', verifier };
  };
  const redeem = (form: Record<string, string>, headers = basic('acme-bi', acmeSecret)) =>
    tokenRequest(bed, { grant_type: 'authorization_code', redirect_uri: callback, ...form }, headers);
  const verify = (token: unknown) => bed.server.verifyToken(new Secret(String(token)));

  it('F04 used twice is refused, and what it gave ends', async () => {
    const { code, verifier } = await newCode();
    const first = await redeem({ code, code_verifier: verifier });
    expect(first.status).toBe(200);
    expect(await verify(first.body.access_token)).toMatchObject({ outcome: 'valid' });
    expect(await redeem({ code, code_verifier: verifier })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await verify(first.body.access_token)).toMatchObject({ outcome: 'invalid' });
    expect((await bed.store.revocations.since(0)).at(-1)).toMatchObject({
      kind: 'consent',
      reason: 'an authorization code was used twice',
    });
    const refresh = await tokenRequest(
      bed,
      { grant_type: 'refresh_token', refresh_token: String(first.body.refresh_token) },
      basic('acme-bi', acmeSecret),
    );
    expect(refresh).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('F04 used fifty times at once is redeemed by one, and what that one got ends', async () => {
    const { code, verifier } = await newCode();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => redeem({ code, code_verifier: verifier })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(49);
    for (const { body } of answers)
      if (body.access_token !== undefined)
        expect(await verify(body.access_token)).toMatchObject({ outcome: 'invalid' });
  });

  it('F04 whose other use was found unused too is redeemed by one, and what that one got ends', async () => {
    const { code, verifier } = await newCode();
    const answers = await bothBeforeEither(bed, () => redeem({ code, code_verifier: verifier }));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(answers.flatMap(({ body }) => body.error ?? [])).toEqual(['invalid_grant']);
    for (const { body } of answers)
      if (body.access_token !== undefined)
        expect(await verify(body.access_token)).toMatchObject({ outcome: 'invalid' });
  });

  it.each([
    ['no verifier', {}],
    ['an empty verifier', { code_verifier: '' }],
    ['a short verifier', { code_verifier: 'short' }],
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['the challenge as verifier', { code_verifier: challenge }],
  ])('F03 is refused with %s', async (_what, parameters) => {
    const { code } = await newCode();
    const answer = await redeem({ code, ...parameters });
    expect(answer.status).toBe(400);
    expect(['invalid_grant', 'invalid_request']).toContain(answer.body.error);
  });

  it('F05 is refused with another redirect URI, to another client, and without the secret', async () => {
    const { code, verifier } = await newCode();
    expect(await redeem({ code, code_verifier: verifier, redirect_uri: `${callback}/` })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await redeem({ code, code_verifier: verifier, client_id: 'grantway-cli' }, {})).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await redeem({ code, code_verifier: verifier, client_id: 'acme-bi' }, {})).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect(await redeem({ code, code_verifier: verifier }, basic('acme-bi', 'wrong'))).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect((await redeem({ code, code_verifier: verifier })).status).toBe(200);
  });

  it('lives for a minute at most', async () => {
    const { code, verifier } = await newCode();
    bed.time.now = Date.now() + 61_000;
    expect(await redeem({ code, code_verifier: verifier })).toMatchObject({
      body: { error: 'invalid_grant' },
    });
    bed.time.now = 0;
  });
});
