import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OpenIdProvider, startOpenIdProvider } from '../../../../../tests/support/openid-provider.ts';
import type { OidcConfig } from '../../config/index.ts';
import { noWish, principalId, Secret, type SignInWish, systemClock } from '../../core/index.ts';
import type { RedirectBegun, RedirectMethod } from '../sign-in-method.ts';
import { oidcMethod } from './oidc-method.ts';

const redirectUri = 'http://127.0.0.1:9/sign-in/callback/corp';

function methodAt(issuer: string, secret: string, more: Partial<OidcConfig> = {}): RedirectMethod {
  const config: OidcConfig = {
    kind: 'oidc',
    name: 'corp',
    label: 'Example Corp',
    issuer,
    clientId: 'grantway',
    claims: { groups: ['groups'], others: {} },
    signInEveryMs: 86_400_000,
    rereadEveryMs: 900_000,
    ...more,
  };
  return oidcMethod({ config, secret: async () => new Secret(secret), redirectUri, clock: systemClock });
}

type Begun = Extract<RedirectBegun, { outcome: 'redirect' }>;

async function begin(method: RedirectMethod, wish: SignInWish = noWish): Promise<Begun> {
  const begun = await method.begin(wish);
  if (begun.outcome !== 'redirect') throw new Error(`not begun: ${begun.detail}`);
  return begun;
}

describe.each(['id_token', 'userinfo'] as const)('a provider that has the groups in %s', (groupsIn) => {
  let provider: OpenIdProvider;
  beforeAll(async () => {
    provider = await startOpenIdProvider({ groupsIn });
    provider.sendBackTo(redirectUri);
  });
  afterAll(() => provider.stop());

  test('proves a person with name and groups', async () => {
    provider.person = { sub: 'u-7', name: 'Jane', groups: ['editor'] };
    const method = methodAt(provider.issuer, provider.clientSecret);
    const { location, memory } = await begin(method);
    const outcome = await method.finish(await provider.visit(location), memory);
    expect(outcome).toEqual({
      outcome: 'proven',
      atProvider: expect.anything(),
      proof: { methods: ['fed'], at: 0 },
      principal: { method: 'corp', subject: 'u-7', displayName: 'Jane', groups: ['editor'], claims: {} },
    });
  });

  test('lets nobody in who says no there', async () => {
    provider.person = undefined;
    const method = methodAt(provider.issuer, provider.clientSecret);
    const { location, memory } = await begin(method);
    const outcome = await method.finish(await provider.visit(location), memory);
    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'declined' });
  });

  test('takes an answer once, and only with what was begun', async () => {
    provider.person = { sub: 'u-7', groups: ['editor'] };
    const method = methodAt(provider.issuer, provider.clientSecret);
    const [first, second] = [await begin(method), await begin(method)];
    const answer = await provider.visit(first.location);
    expect(await method.finish(answer, second.memory)).toMatchObject({ reason: 'not_genuine' });
    const otherVerifier = { ...first.memory, verifier: second.memory.verifier };
    expect(await method.finish(answer, otherVerifier)).toMatchObject({ reason: 'not_genuine' });
    const again = await provider.visit(first.location);
    expect(await method.finish(again, first.memory)).toMatchObject({ outcome: 'proven' });
    expect(await method.finish(again, first.memory)).toMatchObject({ reason: 'not_genuine' });
  });

  test('that does not know our secret proves nobody, and the secret is nowhere in what is told', async () => {
    provider.person = { sub: 'u-7', groups: ['editor'] };
    const method = methodAt(provider.issuer, 'not the secret that was agreed');
    const { location, memory } = await begin(method);
    const outcome = await method.finish(await provider.visit(location), memory);
    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'declined' });
    expect(JSON.stringify(outcome)).not.toContain('not the secret');
  });
});

/**
 * A provider that says whatever a test wants: no real one can be made to lie. It keeps to the protocol in everything
 * that a test does not change.
 */
interface Lies {
  metadata?: Readonly<Record<string, unknown>>;
  claims?: Readonly<Record<string, unknown>>;
  idToken?: (claims: JWTPayload) => Promise<string>;
  userinfo?: Readonly<Record<string, unknown>>;
  /** True when it answered in the provider's stead. */
  answer?: (response: ServerResponse, path: string) => boolean;
}

function answering(status: number, body = ''): NonNullable<Lies['answer']> {
  return (response) => {
    response.writeHead(status).end(body);
    return true;
  };
}

describe('a provider that lies', async () => {
  const own = await generateKeyPair('RS256');
  const foreign = await generateKeyPair('RS256');
  const publicJwk = await exportJWK(own.publicKey);
  let lies: Lies = {};
  let nonce = '';
  let keyFetches = 0;
  /** How we proved ourselves at the token endpoint last. */
  let shownByUs: 'basic' | 'post' | undefined;

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    const json = (body: unknown) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    };
    if (lies.answer?.(response, url.pathname)) return;
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          jwks_uri: `${issuer}/jwks`,
          id_token_signing_alg_values_supported: ['RS256'],
          authorization_response_iss_parameter_supported: true,
          ...lies.metadata,
        });
      case '/jwks':
        keyFetches += 1;
        return json({ keys: [{ ...publicJwk, kid: 'k1', alg: 'RS256', use: 'sig' }] });
      case '/token': {
        shownByUs = request.headers.authorization?.startsWith('Basic ') ? 'basic' : 'post';
        const now = Math.floor(Date.now() / 1000);
        const claims: JWTPayload = {
          iss: issuer,
          aud: 'grantway',
          sub: 'u-7',
          iat: now,
          exp: now + 300,
          nonce,
          groups: ['admin'],
          ...lies.claims,
        };
        for (const [name, value] of Object.entries(claims)) if (value === undefined) delete claims[name];
        const id_token = await (lies.idToken ?? signed)(claims);
        return json({ access_token: 'at', token_type: 'Bearer', expires_in: 60, id_token });
      }
      case '/userinfo':
        return json({ sub: 'u-7', ...lies.userinfo });
      default:
        response.statusCode = 404;
        response.end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signed = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(own.privateKey);

  beforeEach(() => {
    lies = {};
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  /** What comes of a sign-in; `query` changes the answer of the authorization endpoint. */
  async function signIn(
    query: Readonly<Record<string, string>> = {},
    wish: SignInWish = noWish,
    config: Partial<OidcConfig> = {},
    ownSecret = 'secret',
  ) {
    const method = methodAt(issuer, ownSecret, config);
    const { memory } = await begin(method, wish);
    nonce = memory.nonce;
    const answer = new URL(redirectUri);
    const given = { code: 'c', state: memory.state, iss: issuer, ...query };
    for (const [name, value] of Object.entries(given)) if (value !== '') answer.searchParams.set(name, value);
    return await method.finish(answer, memory);
  }

  test('is believed while it does not lie', async () => {
    expect(await signIn()).toMatchObject({ outcome: 'proven', principal: { groups: ['admin'] } });
  });

  const unsigned = (alg: string) => async (claims: JWTPayload) =>
    `${part({ alg })}.${part(claims)}.${alg === 'HS256' ? hmacWithPublicKey(claims) : ''}`;
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  // The old confusion: the public key, which everybody has, taken for a shared secret.
  const hmacWithPublicKey = (claims: JWTPayload) =>
    createHmac('sha256', JSON.stringify(publicJwk))
      .update(`${part({ alg: 'HS256' })}.${part(claims)}`)
      .digest('base64url');
  const withHeader = (header: Readonly<Record<string, unknown>>) => (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(foreign.privateKey);
  const skew = 3_600;
  const now = Math.floor(Date.now() / 1000);

  test.each<[string, Lies, Readonly<Record<string, string>>?]>([
    ['G01 no signature (alg none)', { idToken: unsigned('none') }],
    ['G01 an HMAC with the public key', { idToken: unsigned('HS256') }],
    ['G01 a signature by a key that it does not publish', { idToken: withHeader({}) }],
    ['G02 a key in the header', { idToken: withHeader({ jwk: await exportJWK(foreign.publicKey) }) }],
    ['G02 an address of keys in the header', { idToken: withHeader({ jku: `${issuer}/evil` }) }],
    ['G02 a kid that is a path', { idToken: withHeader({ kid: '../../dev/null' }) }],
    ['G04 a token that ended', { claims: { exp: now - skew } }],
    ['G04 no end', { claims: { exp: undefined } }],
    ['G04 an end that is a text', { claims: { exp: '9999999999' } }],
    ['G04 a token of the future', { claims: { nbf: now + skew } }],
    ['G06 another issuer', { claims: { iss: 'https://elsewhere.example' } }],
    ['G06 another audience', { claims: { aud: 'other' } }],
    ['G06 two audiences without azp', { claims: { aud: ['grantway', 'other'] } }],
    ['G06 another azp', { claims: { aud: ['grantway', 'other'], azp: 'other' } }],
    ['G06 no nonce', { claims: { nonce: undefined } }],
    ['G06 another nonce', { claims: { nonce: 'n' } }],
    [
      'G06 userinfo of somebody else',
      { claims: { groups: undefined }, userinfo: { sub: 'u-8', groups: ['admin'] } },
    ],
    ['G06 another state', {}, { state: 'other' }],
    ['G06 no state', {}, { state: '' }],
    ['F13 G06 an answer of another provider (mix-up)', {}, { iss: 'https://elsewhere.example' }],
    ['F13 G06 an answer that does not say whose it is', {}, { iss: '' }],
    ['no code', {}, { code: '' }],
  ])('is not believed with %s', async (_, lie, query) => {
    lies = lie;
    expect(await signIn(query)).toMatchObject({ outcome: 'failed', reason: 'not_genuine' });
  });

  test.each([
    ['secret', ['client_secret_basic', 'client_secret_post'], 'basic'],
    ['se-cret_', ['client_secret_basic', 'client_secret_post'], 'post'],
    ['se-cret_', ['client_secret_basic'], 'basic'],
    ['se-cret_', undefined, 'basic'],
    ['secret', ['client_secret_post'], 'post'],
  ] as const)('is shown the secret %s, where it takes %j, by %s', async (secret, taken, by) => {
    lies = { metadata: { token_endpoint_auth_methods_supported: taken } };
    expect(await signIn({}, noWish, {}, secret)).toMatchObject({ outcome: 'proven' });
    expect(shownByUs).toBe(by);
  });

  const words = { secondFactor: { methods: ['mfa'], contexts: ['phr', 'urn:2'] } };

  test('is asked for a factor and for a sign-in anew, by the words of the config', async () => {
    const method = methodAt(issuer, 'secret', words);
    const wish = { factor: true, anew: false, withinMs: 900_000 };
    const asked = (await begin(method, wish)).location.searchParams;
    expect([asked.get('acr_values'), asked.get('max_age'), asked.get('prompt')]).toEqual([
      'phr urn:2',
      '900',
      'login',
    ]);
    const plain = (await begin(method)).location.searchParams;
    expect(['acr_values', 'max_age', 'prompt'].filter((name) => plain.has(name))).toEqual([]);
    const unnamed = await begin(methodAt(issuer, 'secret'), wish);
    expect(unnamed.location.searchParams.has('acr_values')).toBe(false);
  });

  test('G16 is believed about a factor by the words of the config, in the ID token alone', async () => {
    const saidAt = Math.floor(Date.now() / 1000) - 60;
    lies = { claims: { amr: ['pwd', 'mfa'], auth_time: saidAt } };
    expect(await signIn({}, noWish, words)).toMatchObject({
      proof: { methods: ['fed', 'mfa'], at: saidAt * 1000 },
    });
    expect(await signIn()).toMatchObject({ proof: { methods: ['fed'] } });
    const told = { amr: ['mfa'], acr: 'phr', auth_time: saidAt, groups: ['admin'] };
    lies = { claims: { groups: undefined }, userinfo: told };
    expect(await signIn({}, noWish, words)).toMatchObject({ proof: { methods: ['fed'], at: 0 } });
  });

  test('G16 that was told to ask anew and did not proves nobody', async () => {
    lies = { claims: { auth_time: Math.floor(Date.now() / 1000) - 3_600 } };
    const wish = { ...noWish, withinMs: 900_000 };
    expect(await signIn({}, wish)).toMatchObject({ outcome: 'failed', reason: 'claims_unusable' });
    expect(await signIn()).toMatchObject({ outcome: 'proven' });
  });

  test('G05 that says the sub and the e-mail of another method’s person names somebody else', async () => {
    lies = { claims: { email: 'admin@example.com', email_verified: true } };
    const here = await signIn();
    const there = await signIn({}, noWish, { name: 'other' });
    const idOf = (outcome: typeof here) => outcome.outcome === 'proven' && principalId(outcome.principal);
    expect([idOf(here), idOf(there)]).toEqual(['corp:u-7', 'other:u-7']);
  });

  test('G07 that keeps the groups elsewhere proves nobody', async () => {
    lies = { claims: { groups: undefined, _claim_names: { groups: 'src1' } } };
    expect(await signIn()).toMatchObject({ outcome: 'failed', reason: 'claims_unusable' });
  });

  test('G06 whose metadata speaks of another issuer is not used at all', async () => {
    lies = { metadata: { issuer: 'https://elsewhere.example' } };
    expect(await methodAt(issuer, 'secret').begin()).toMatchObject({ reason: 'unavailable' });
  });

  test.each<[string, NonNullable<Lies['answer']>]>([
    ['an error of its own', answering(500)],
    ['something that is no JSON', answering(200, '<html>')],
    [
      'nothing but the end of the connection',
      (response) => {
        response.destroy();
        return true;
      },
    ],
  ])('that answers with %s is unavailable', async (_, answer) => {
    lies = { answer };
    expect(await methodAt(issuer, 'secret').begin()).toMatchObject({
      outcome: 'failed',
      reason: 'unavailable',
    });
  });

  test('that goes down after the browser left is unavailable, not a lie', async () => {
    lies = { answer: (response, path) => path === '/token' && answering(503)(response, path) };
    expect(await signIn()).toMatchObject({ outcome: 'failed', reason: 'unavailable' });
  });

  test.each([
    // Keycloak, to somebody who may have no offline tokens.
    [400, 'not_allowed', 'declined', 'not_allowed'],
    [401, 'invalid_client', 'declined', 'invalid_client'],
    [400, 'invalid_grant', 'not_genuine', 'invalid_grant'],
    [400, 'server_error', 'unavailable', 'server_error'],
    [400, 'eyJhbGciOiJSUzI1NiJ9.e30.x', 'declined', 'OAUTH_RESPONSE_BODY_ERROR'],
    [400, 'a'.repeat(65), 'declined', 'OAUTH_RESPONSE_BODY_ERROR'],
  ])(
    'that refuses the code with %i %s is %s, and the operator is told %s and nothing else of it',
    async (...row) => {
      const [status, error, reason, told] = row;
      const body = JSON.stringify({ error, error_description: 'the code is SplxlOBeZQQYbYS6WxSbIA' });
      lies = {
        answer: (response, path) => {
          if (path !== '/token') return false;
          response.setHeader('content-type', 'application/json');
          return answering(status, body)(response, path);
        },
      };
      const outcome = await signIn();
      expect(outcome).toMatchObject({
        outcome: 'failed',
        reason,
        detail: expect.stringContaining(`(${told})`),
      });
      expect(JSON.stringify(outcome)).not.toMatch(/Splx|eyJ|aaaa/);
    },
  );

  test('that wants other credentials than ours in HTTP’s own words says no', async () => {
    lies = {
      answer: (response, path) => {
        if (path !== '/token') return false;
        response.setHeader('www-authenticate', 'Basic realm="x"');
        return answering(401)(response, path);
      },
    };
    expect(await signIn()).toMatchObject({ outcome: 'failed', reason: 'declined' });
  });

  test('G03 cannot make us fetch its keys for each unknown one', async () => {
    lies = { idToken: withHeader({ kid: `${Math.random()}` }) };
    const method = methodAt(issuer, 'secret');
    const before = keyFetches;
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const { memory } = await begin(method);
      nonce = memory.nonce;
      const answer = new URL(redirectUri);
      const given = { code: 'c', state: memory.state, iss: issuer };
      for (const [name, value] of Object.entries(given)) answer.searchParams.set(name, value);
      expect(await method.finish(answer, memory)).toMatchObject({ reason: 'not_genuine' });
    }
    expect(keyFetches - before).toBeLessThanOrEqual(2);
  });

  test('that was down is asked again only after a while, and its old metadata serve on meanwhile', async () => {
    let time = Date.now();
    const clock = { now: () => time, monotonic: () => performance.now() };
    const config: OidcConfig = {
      kind: 'oidc',
      name: 'corp',
      label: 'corp',
      issuer,
      clientId: 'grantway',
      claims: { groups: ['groups'], others: {} },
      signInEveryMs: 86_400_000,
      rereadEveryMs: 900_000,
    };
    let asked = 0;
    const down = (response: ServerResponse, path: string) => {
      asked += 1;
      return answering(503)(response, path);
    };
    const method = oidcMethod({ config, secret: async () => undefined, redirectUri, clock });
    lies = { answer: down };
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await method.begin()).toMatchObject({ reason: 'unavailable' });
    }
    expect(asked).toBe(1);
    time += 6_000;
    lies = {};
    expect(await method.begin()).toMatchObject({ outcome: 'redirect' });
    lies = { answer: down };
    time += 2 * 3_600_000;
    expect(await method.begin()).toMatchObject({ outcome: 'redirect' });
  });
});
