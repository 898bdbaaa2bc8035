import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../core/index.ts';
import { refusal, type Site, startSite } from './testing/index.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite({
    plugins: [
      async (app) => {
        app.get('/api/v1/refuse', async () => {
          throw new Refusal('token_missing');
        });
        app.get('/api/v1/break', async () => {
          throw new Error('the password is hunter2');
        });
        app.post('/api/v1/echo', async (request) => request.body);
      },
    ],
  });
});
afterAll(() => site.stop());

const html = { accept: 'text/html' };

describe('every response', () => {
  test.each([
    '/',
    '/sign-in',
    '/sign-in/none',
    '/nothing',
    '/oauth/authorize',
    '/.well-known/openid-configuration',
    '/device',
    '/api/v1/refuse',
    '/healthz',
  ])('F10 H20 %s cannot be framed, sniffed or kept', async (path) => {
    const { headers } = await fetch(site.issuer + path, { headers: html });
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toMatch(/no-store/);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('the stylesheet may be kept, under a name that changes with it', async () => {
    const [, path = ''] =
      /href="(\/assets\/style\.css[^"]*)"/.exec(await (await fetch(site.issuer)).text()) ?? [];
    const { status, headers } = await fetch(site.issuer + path);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    expect(headers.get('cache-control')).toMatch(/immutable/);
  });
});

describe('the health', () => {
  test('is 200 when all is up, and 503 with the part that is down, under any host name', async () => {
    const up = await site.app.inject({ url: '/healthz', headers: { host: '10.0.0.7' } });
    expect([up.statusCode, up.json()]).toEqual([200, { status: 'up', parts: { store: 'up' } }]);
    site.health = { store: 'up', postgres: 'down' };
    const down = await site.app.inject({ url: '/healthz', headers: { host: '10.0.0.7' } });
    expect(down.statusCode).toBe(503);
    expect(down.json()).toEqual({ status: 'down', parts: { store: 'up', postgres: 'down' } });
  });
});

describe('a request', () => {
  test.each([
    ['another host', { host: 'evil.example' }],
    ['the right host with another port', { host: '127.0.0.1:1' }],
    ['a host that only starts right', { host: '127.0.0.1.evil.example' }],
  ])('for %s is refused', async (_, headers) => {
    for (const url of ['/', '/.well-known/openid-configuration', '/api/v1/refuse']) {
      const response = await site.app.inject({ url, headers });
      expect([response.statusCode, response.json().code]).toEqual([421, 'wrong_host']);
    }
  });

  test('F16 for another name of loopback is sent to the issuer, and nowhere else', async () => {
    const { port } = new URL(site.issuer);
    const response = await site.app.inject({ url: '/sign-in?x=1', headers: { host: `localhost:${port}` } });
    expect([response.statusCode, response.headers.location]).toEqual([307, `${site.issuer}/sign-in?x=1`]);
  });

  test.each([
    ['two hosts', `GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n`],
    [
      'both lengths',
      `POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a folded header', `GET / HTTP/1.1\r\nHost: HOST\r\nX: a\r\n b\r\n\r\n`],
    ['bare line feeds', `GET / HTTP/1.1\nHost: HOST\n\n`],
    ['no host', `GET / HTTP/1.1\r\n\r\n`],
    ['a target that names another host', `GET http://evil.example/ HTTP/1.1\r\nHost: HOST\r\n\r\n`],
    ['a target with two slashes', `GET //evil.example/ HTTP/1.1\r\nHost: HOST\r\n\r\n`],
    ['headers beyond 16 KiB', `GET / HTTP/1.1\r\nHost: HOST\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['the bytes of a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01'],
  ])('H11 with %s gets a refusal and no page', async (_, text) => {
    const answer = await raw(text.replaceAll('HOST', new URL(site.issuer).host));
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|04|21|31) /);
  });

  test.each(['websocket', 'h2c'])('H06 that asks to go on as %s is answered in HTTP', async (protocol) => {
    const { host } = new URL(site.issuer);
    const answer = await raw(
      `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (200|503) /);
  });

  test.each([
    '/',
    '/sign-in',
    '/device',
    '/oauth/authorize',
    '/oauth/end-session',
    '/api/v1/refuse',
    '/healthz',
  ])('H07 of another site for %s gets an answer that this site may not read', async (path) => {
    const response = await fetch(site.issuer + path, { headers: { origin: 'https://evil.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('with a path that cannot be decoded is refused as a problem', async () => {
    const response = await fetch(`${site.issuer}/%zz`);
    expect(await refusal(response)).toEqual([400, 'request_invalid']);
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
  });

  test('H11 has limits for its headers, its time and its sockets', () => {
    const { server } = site.app;
    expect(server.headersTimeout).toBeLessThanOrEqual(15_000);
    expect(server.requestTimeout).toBeLessThanOrEqual(15_000);
    expect(server.maxConnections).toBeGreaterThan(0);
  });
});

describe('a refusal', () => {
  test('is a problem document for a program, with the request id and the challenge', async () => {
    const response = await fetch(`${site.issuer}/api/v1/refuse`, { headers: html });
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="grantway"');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: new Refusal('token_missing').message,
      code: 'token_missing',
      request: response.headers.get('x-request-id'),
    });
  });

  test('is a page for a browser, with the request id', async () => {
    const response = await fetch(`${site.issuer}/nothing`, { headers: html });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'text/html; charset=utf-8',
    ]);
    expect(await response.text()).toContain(response.headers.get('x-request-id'));
  });

  test('of an unexpected error says nothing of it; the log has it under the same request id', async () => {
    const response = await fetch(`${site.issuer}/api/v1/break`);
    const text = await response.text();
    const id = response.headers.get('x-request-id') ?? 'none';
    expect([response.status, text.includes('hunter2')]).toEqual([500, false]);
    const line = site.log.find((entry) => entry.includes(id) && entry.includes('hunter2'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ code: 'internal', request: id });
  });

  test.each([
    ['JSON that is broken', 'application/json', '{"a":', 400, 'request_invalid'],
    ['H10 JSON with a prototype', 'application/json', '{"__proto__":{"admin":true}}', 400, 'request_invalid'],
    ['a type that nobody asked for', 'text/xml', '<a/>', 415, 'media_type_unknown'],
    ['more than the limit', 'application/json', `"${'x'.repeat(70_000)}"`, 413, 'request_too_large'],
  ])('meets %s', async (_, type, body, status, code) => {
    const response = await fetch(`${site.issuer}/api/v1/echo`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(await refusal(response)).toEqual([status, code]);
  });
});

/** Sends bytes as they are and gives what comes back until the peer closes. */
async function raw(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(site.issuer).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
    socket.end();
  });
  socket.on('error', () => resolve(answer));
  socket.on('close', () => resolve(answer));
  socket.write(text, 'latin1');
  return promise;
}
