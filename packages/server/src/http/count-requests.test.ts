import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import type { Principal } from '../core/index.ts';
import { rateLimits } from '../limits/index.ts';
import type { TokenVerdict } from '../oauth/index.ts';
import { countRequests } from './count-requests.ts';
import { answerThrown } from './problem.ts';
import { type Site, startSite } from './testing/index.ts';

describe('requests', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ limits: { address: { requests: 3, windowMs: 60_000 } } });
  });
  afterAll(() => site.stop());

  let last = 0;
  const from = () => `192.0.2.${++last}`;
  const ask = (remoteAddress: string, url: string, method: 'GET' | 'POST' = 'GET', accept = '*/*') =>
    site.app.inject({ method, url, remoteAddress, headers: { host: new URL(site.issuer).host, accept } });
  const spend = async (address: string) => {
    for (let times = 0; times < 3; times++) await ask(address, '/oauth/jwks');
  };

  it('tell the policy and what is left of it', async () => {
    const { headers } = await ask(from(), '/.well-known/openid-configuration');
    expect(headers).toMatchObject({
      'ratelimit-policy': '"address";q=3;w=60',
      ratelimit: '"address";r=2;t=60',
    });
  });

  it('are counted at every endpoint, and refused with the wait beyond the limit', async () => {
    const discovery = (await ask(from(), '/.well-known/oauth-authorization-server')).json();
    const endpoints = Object.entries<unknown>(discovery)
      .filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
      .map(([, url]) => new URL(String(url)).pathname);
    expect(endpoints.length).toBeGreaterThan(6);
    const others = ['/', '/sign-in', '/device', '/developer', '/api/v1/me', '/scim/v2/Users', '/nothing'];
    for (const path of [...endpoints, ...others]) {
      for (const method of ['GET', 'POST'] as const) {
        const address = from();
        expect(String((await ask(address, path, method)).headers.ratelimit), `${method} ${path}`).toMatch(
          /^"address";r=2;t=\d+$/,
        );
        await spend(address);
        const { statusCode, headers } = await ask(address, path, method);
        expect([statusCode, Number(headers['retry-after']) > 0], `${method} ${path}`).toEqual([429, true]);
      }
    }
  });

  it('beyond the limit are refused in the form of the OAuth endpoints', async () => {
    const address = from();
    await spend(address);
    const answer = await ask(address, '/oauth/token', 'POST');
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      error: 'slow_down',
      error_description: expect.stringMatching(/^Too many requests\. Wait \d+ seconds/),
    });
  });

  it('beyond the limit are refused as a problem by the API, and as a page to a browser', async () => {
    const address = from();
    await spend(address);
    const api = await ask(address, '/api/v1/me');
    expect(api.statusCode).toBe(429);
    expect(api.headers['content-type']).toContain('application/problem+json');
    expect(api.json()).toMatchObject({ status: 429, code: 'rate_limited' });
    const page = await ask(address, '/oauth/authorize', 'GET', 'text/html');
    expect(page.statusCode).toBe(429);
    expect(page.body).toContain('Please wait');
  });

  it('for what a page loads and for the health are not counted', async () => {
    const address = from();
    await spend(address);
    expect((await ask(address, '/assets/logo.svg')).statusCode).toBe(200);
    expect((await ask(address, '/healthz')).statusCode).toBe(200);
    expect((await ask(address, '/')).statusCode).toBe(429);
  });

  it('from one /64 of IPv6 count together', async () => {
    for (const host of ['1', '2', '3']) await ask(`2001:db8:0:1::${host}`, '/');
    expect((await ask('2001:db8:0:1::4', '/')).statusCode).toBe(429);
    expect((await ask('2001:db8:0:2::1', '/')).statusCode).toBe(200);
  });

  it('with a token count for its person, or for the client that acts for itself', async () => {
    const app = fastify();
    app.setErrorHandler((error, request, reply) => answerThrown(error, request, reply));
    const limits = { client: { requests: 2, windowMs: 60_000 }, person: { requests: 1, windowMs: 60_000 } };
    const clock = { now: () => Date.now(), monotonic: () => performance.now() };
    const verifyToken = async (token: { reveal(): string }): Promise<TokenVerdict> => {
      const [method = '', subject = ''] = token.reveal().split('.');
      if (method === 'none') return { outcome: 'invalid', reason: 'unknown' };
      const principal: Principal = { method, subject, displayName: '', groups: [], claims: {} };
      const rest = { tokenHash: '', consentId: '', database: '', roles: [], scopes: [], expiresAt: 0 };
      return { outcome: 'valid', token: { ...rest, principal, clientId: subject } };
    };
    countRequests(
      app,
      rateLimits(() => ({ limits }), site.store.attempts, clock),
      { authorizationServer: { verifyToken }, certificateOf: () => undefined },
    );
    app.get('/api/v1/me', async () => 'reached');
    const call = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await app.inject({ url: '/api/v1/me', headers })).statusCode;
    };
    expect(await call('local.ada')).toBe(200);
    expect(await call('local.ada')).toBe(429);
    expect(await call('local.bob')).toBe(200);
    expect([await call('client.job'), await call('client.job'), await call('client.job')]).toEqual([
      200, 200, 429,
    ]);
    // What no token proves is counted by address alone, and refused by the route.
    expect([await call('none.x'), await call('none.x'), await call('none.x')]).toEqual([200, 200, 200]);
    await app.close();
  });
});

test('somebody who guesses codes of devices in a browser reads a page that says how long to wait', async () => {
  const site = await startSite();
  onTestFinished(() => site.stop());
  const guess = () =>
    site.app.inject({
      method: 'POST',
      url: '/device',
      headers: {
        host: new URL(site.issuer).host,
        accept: 'text/html',
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: 'user_code=BBBBB-BBBBB',
    });
  for (let tries = 0; tries < 60; tries++) expect((await guess()).statusCode).toBe(303);
  const { statusCode, headers, body } = await guess();
  expect([statusCode, Number(headers['retry-after']) > 0]).toEqual([429, true]);
  expect(headers['content-type']).toContain('text/html');
  expect(body).toMatch(/Too many attempts\. Wait \d+ seconds/);
});

test('guesses and registrations from one /64 of IPv6 count together', async () => {
  const site = await startSite({ registration: { enabled: true } });
  onTestFinished(() => site.stop());
  const statuses: number[] = [];
  for (let host = 1; host <= 21; host++) {
    const answer = await site.app.inject({
      method: 'POST',
      url: '/oauth/register',
      remoteAddress: `2001:db8:0:1::${host}`,
      headers: { host: new URL(site.issuer).host, 'content-type': 'application/json' },
      payload: {},
    });
    statuses.push(answer.statusCode);
  }
  expect(statuses.at(-1)).toBe(429);
  expect(statuses.slice(0, 20)).not.toContain(429);
});
