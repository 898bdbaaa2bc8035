import { globSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../requirements.ts';
import { appRedirect, readAnswer, startGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

interface Code {
  readonly code: string;
  /** The body of a token request that succeeds. */
  readonly body: Readonly<Record<string, string>>;
}

/** A code that nobody has redeemed yet. */
async function freshCode(parameters: Readonly<Record<string, string>> = {}): Promise<Code> {
  const asked = gateway.request(parameters);
  const end = await gateway.person('viewer').authorize(asked.url);
  const code = end.kind === 'departure' ? (end.to.searchParams.get('code') ?? '') : '';
  expect(code).not.toBe('');
  const body = {
    grant_type: 'authorization_code',
    client_id: asked.clientId,
    code,
    code_verifier: asked.verifier,
    redirect_uri: asked.redirectUri,
  };
  return { code, body };
}

const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });

describe('an authorization code', () => {
  test(
    verifies(
      [
        'rfc7636-4.6-equal',
        'rfc7636-4.2-s256',
        'oauth21-4.1.2-challenge-kept',
        'oauth21-3.2.3-no-store',
        'oauth21-4.1.3-code-valid',
      ],
      'gives a token with all that a program needs to connect, and no cache keeps it',
    ),
    async () => {
      const { body } = await freshCode();
      const answer = await gateway.post('token', body);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toContain('no-store');
      expect(answer.body).toMatchObject({
        token_type: 'Bearer',
        expires_in: 900,
        scope: 'db:authdb:readonly',
        database: 'authdb',
        role: 'readonly',
        engine: 'postgres',
        port: gateway.port,
      });
      expect(answer.body.access_token).toMatch(/^gwt_[A-Za-z0-9_-]{43}$/);
      expect(answer.body.host).toBeTypeOf('string');
      expect(answer.body.username).toBeTypeOf('string');
    },
  );

  test(
    verifies(
      ['oauth21-4.1.3-code-once', 'oauth21-4.1.3-second-use'],
      'is good once; a second use is refused and takes back what the first one gave',
    ),
    async () => {
      const { body } = await freshCode();
      const first = await gateway.post('token', body);
      const second = await gateway.post('token', body);
      expect(second.status).toBe(400);
      expect(second.body.error).toBe('invalid_grant');
      const me = await fetch(`${gateway.issuer}/api/v1/me`, {
        headers: { authorization: `Bearer ${first.body.access_token}` },
      });
      expect(me.status).toBe(401);
    },
  );

  test(
    verifies('oauth21-4.1.3-code-once', 'redeemed fifty times at once gives exactly one token'),
    async () => {
      const { body } = await freshCode();
      const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.post('token', body)));
      expect(answers.filter(({ status }) => status === 200).length).toBe(1);
      for (const { status, body: given } of answers)
        if (status !== 200) expect(given.error).toBe('invalid_grant');
    },
  );

  const wrong = {
    'a wrong verifier': [{ code_verifier: 'A'.repeat(43) }, 'invalid_grant'],
    'no verifier': [{ code_verifier: '' }, 'invalid_grant'],
    'a verifier that is too short': [{ code_verifier: 'short' }, 'invalid_(grant|request)'],
    'another redirect URI': [{ redirect_uri: `${appRedirect}?tenant=7` }, 'invalid_grant'],
    'another client': [{ client_id: 'grantway-cli' }, 'invalid_grant'],
    'a changed code': [{ code: `${'A'.repeat(43)}` }, 'invalid_grant'],
  } as const;
  test.each(Object.entries(wrong))(
    verifies(
      [
        'rfc7636-4.6-not-equal',
        'oauth21-4.1.3-verifier-matches',
        'oauth21-4.1.3-verifier-present',
        'oauth21-4.1.3-code-of-client',
        'oauth21-4.1.3-code-valid',
        'oauth21-3.2-empty-parameters',
      ],
      'with %s is refused',
    ),
    async (_, [changed, error]) => {
      const { body } = await freshCode();
      const answer = await gateway.post('token', { ...body, ...changed });
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatch(new RegExp(`^${error}$`));
      expect(answer.body.access_token).toBeUndefined();
    },
  );

  test(
    verifies('oauth21-4.1.2-code-short-lived', 'is stored as a hash, and for ten minutes at the most'),
    async () => {
      const { code } = await freshCode();
      const [store = ''] = globSync('**/*.db', { cwd: gateway.dataDir });
      const rows = new DatabaseSync(join(gateway.dataDir, store), { readOnly: true })
        .prepare("SELECT * FROM artifacts WHERE model = 'AuthorizationCode'")
        .all();
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        expect(Number(row.expires_at) - Number(row.created_at)).toBeLessThanOrEqual(600_000);
        expect(JSON.stringify(row)).not.toContain(code);
      }
    },
  );
});

describe('a client that has a secret', () => {
  test.each(['header', 'body'] as const)(
    verifies('oauth21-2.4.1-secret-in-body', 'may send it in the %s'),
    async (place) => {
      const { body } = await freshCode({ client_id: 'backend' });
      const answer =
        place === 'header'
          ? await gateway.post('token', body, basic('backend', gateway.clientSecret))
          : await gateway.post('token', { ...body, client_secret: gateway.clientSecret });
      expect(answer.status).toBe(200);
    },
  );

  test(
    verifies(
      [
        'oauth21-2.2-id-is-no-secret',
        'oauth21-3.2.2-confidential-authenticates',
        'oauth21-3.2.2-authentication-checked',
        'oauth21-3.2.4-challenge',
      ],
      'gets nothing without it, nor with a wrong one',
    ),
    async () => {
      const { body } = await freshCode({ client_id: 'backend' });
      const none = await gateway.post('token', body);
      expect(none.status).toBe(401);
      expect(none.body.error).toBe('invalid_client');
      const wrong = await gateway.post('token', body, basic('backend', 'wrong'));
      expect(wrong.status).toBe(401);
      expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(wrong.body.error).toBe('invalid_client');
    },
  );

  test(
    verifies('oauth21-2.4-one-method', 'is refused when it proves itself in two ways at once'),
    async () => {
      const { body } = await freshCode({ client_id: 'backend' });
      const secret = gateway.clientSecret;
      const twice = await gateway.post('token', { ...body, client_secret: secret }, basic('backend', secret));
      expect(twice.status).toBe(400);
      expect(twice.body).toMatchObject({ error: 'invalid_request' });
      const once = await gateway.post('token', body, basic('backend', secret));
      expect(once.status).toBe(200);
    },
  );

  test(verifies('oauth21-2.4.1-secret-not-in-uri', 'cannot send it in the address'), async () => {
    const { body } = await freshCode({ client_id: 'backend' });
    const query = new URLSearchParams({ client_id: 'backend', client_secret: gateway.clientSecret });
    const answer = await gateway.post(`token?${query}`, body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.access_token).toBeUndefined();
  });

  test(
    verifies(
      ['oauth21-4.2-confidential-only', 'oauth21-4.2.1-authenticated'],
      'may act for itself, and nobody else may',
    ),
    async () => {
      const own = { grant_type: 'client_credentials', scope: 'db:authdb:readonly' };
      const worker = await gateway.post('token', own, basic('worker', gateway.clientSecret));
      expect(worker.status).toBe(200);
      expect(worker.body.refresh_token).toBeUndefined();
      const wrong = await gateway.post('token', own, basic('worker', 'wrong'));
      expect(wrong.body.error).toBe('invalid_client');
      const publicClient = await gateway.post('token', { ...own, client_id: 'app' });
      expect(publicClient.status).toBe(400);
      expect(publicClient.body.access_token).toBeUndefined();
    },
  );

  test(
    verifies(
      ['oauth21-2.4.1-brute-force', 'oauth21-7.7-password-guessing'],
      'cannot have it guessed: after a number of wrong ones its address has to wait',
    ),
    async () => {
      const statuses = new Set<number>();
      for (let guess = 0; guess < 60 && !statuses.has(429); guess++) {
        const answer = await gateway.post(
          'token',
          { grant_type: 'client_credentials' },
          basic('worker', `guess ${guess}`),
        );
        statuses.add(answer.status);
      }
      expect([...statuses]).toEqual([401, 429]);
    },
  );
});

describe('the token endpoint', () => {
  test(verifies('oauth21-3.2-post', 'takes POST only'), async () => {
    const { body } = await freshCode();
    const answer = await readAnswer(
      await fetch(`${gateway.issuer}/oauth/token?${new URLSearchParams(body)}`),
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.access_token).toBeUndefined();
  });

  test(verifies('oauth21-3.2-unknown-parameters', 'ignores parameters that it does not know'), async () => {
    const { body } = await freshCode();
    expect((await gateway.post('token', { ...body, unheard_of: '1' })).status).toBe(200);
  });

  test.each(['grant_type', 'code', 'client_id', 'code_verifier', 'redirect_uri'])(
    verifies('oauth21-3.2-repeated-parameters', 'refuses a second %s'),
    async (name) => {
      const form = new URLSearchParams((await freshCode()).body);
      form.append(name, form.get(name) ?? '');
      const response = await fetch(`${gateway.issuer}/oauth/token`, { method: 'POST', body: form });
      const answer = await readAnswer(response);
      expect(answer.status).toBe(400);
      expect(answer.body.error).toBe('invalid_request');
    },
  );

  test.each(['password', 'implicit', 'urn:example:unknown'])(
    'does not know the grant type %s',
    async (grant_type) => {
      const answer = await gateway.post('token', {
        grant_type,
        client_id: 'app',
        username: 'x',
        password: 'y',
      });
      expect(answer.body.error).toBe('unsupported_grant_type');
    },
  );

  test('F18 reads forms only', async () => {
    const response = await fetch(`${gateway.issuer}/oauth/token`, {
      method: 'POST',
      body: JSON.stringify((await freshCode()).body),
      headers: { 'content-type': 'application/json' },
    });
    expect((await readAnswer(response)).body.error).toBe('invalid_request');
  });

  test(
    verifies(
      ['oauth21-1.4.1-scope-told', 'rfc8707-2.2-scope-told'],
      'says which scope the token has when it is less than was asked',
    ),
    async () => {
      const { body } = await gateway.tokens('viewer', { scope: 'db:authdb:admin db:authdb:readonly' });
      expect(body.scope).toBe('db:authdb:readonly');
      expect(body.role).toBe('readonly');
    },
  );

  test(
    verifies(
      ['oauth21-1.4.2-unguessable-reference', 'oauth21-7.7-guessing', 'oauth21-4.3-refresh-unforgeable'],
      'gives values with at least 128 random bits',
    ),
    async () => {
      const seen = new Set<string>();
      for (let at = 0; at < 8; at++) {
        const scope = 'db:authdb:readonly offline_access';
        const { accessToken, refreshToken } = await gateway.tokens('viewer', { scope, prompt: 'consent' });
        for (const value of [accessToken.slice('gwt_'.length), refreshToken]) {
          expect(value).toMatch(/^[A-Za-z0-9_.-]{43,}$/);
          seen.add(value.slice(0, 22));
        }
      }
      // 22 characters of base64url carry 132 bits: none may come twice, at the front as little as in the whole.
      expect(seen.size).toBe(16);
    },
  );
});
