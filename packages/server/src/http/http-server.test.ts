import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Page, Person } from '../../../../tests/support/person.ts';
import { Refusal } from '../core/index.ts';
import { people, type Site, startSite } from './testing/index.ts';

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
beforeEach(() => {
  site.auditFails = false;
  site.health = { store: 'up' };
});

const html = { accept: 'text/html' };

function person(name: keyof typeof people = 'viewer'): Person {
  return new Person(site.issuer, `${name}@example.com`, people[name]);
}

async function page(at: Promise<Page | { kind: 'departure' }>): Promise<Page> {
  const reached = await at;
  if (reached.kind === 'departure') throw new Error('the page led away');
  return reached;
}

/** The value of a hidden field of the first form that has it. */
function hidden({ html: text }: Page, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';
}

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
  ])('%s cannot be framed, sniffed or kept', async (path) => {
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
      /href="(\/assets\/style\.css[^"]*)"/.exec((await page(person().open('/'))).html) ?? [];
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

  test('for another name of loopback is sent to the issuer, and nowhere else', async () => {
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
  ])('with %s gets a refusal and no page', async (_, text) => {
    const answer = await raw(text.replaceAll('HOST', new URL(site.issuer).host));
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|04|21|31) /);
  });

  test('with a path that cannot be decoded is refused as a problem', async () => {
    const response = await fetch(`${site.issuer}/%zz`);
    expect([response.status, await codeOf(response)]).toEqual([400, 'request_invalid']);
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
  });

  test('has limits for its headers, its time and its sockets', () => {
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
    ['JSON with a prototype', 'application/json', '{"__proto__":{"admin":true}}', 400, 'request_invalid'],
    ['a type that nobody asked for', 'text/xml', '<a/>', 400, 'request_invalid'],
    ['more than the limit', 'application/json', `"${'x'.repeat(70_000)}"`, 413, 'request_too_large'],
  ])('meets %s', async (_, type, body, status, code) => {
    const response = await fetch(`${site.issuer}/api/v1/echo`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });
});

describe('the sign-in page', () => {
  test('signs a person in under a new session, by a 303, and the record comes first', async () => {
    const viewer = person();
    const form = await page(viewer.open('/sign-in'));
    const before = site.events.length;
    const response = await post(viewer, '/sign-in', {
      form_token: hidden(form, 'form_token'),
      username: 'viewer@example.com',
      password: people.viewer,
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
    expect(response.headers.getSetCookie().join('\n')).toMatch(/grantway_session=.*httponly/i);
    expect(site.events.slice(before)[0]).toMatchObject({
      type: 'sign_in',
      outcome: 'succeeded',
      person: 'local:viewer@example.com',
    });
    expect((await site.store.people.get('local:viewer@example.com'))?.lastSignInAt).toBeDefined();
    expect((await page(viewer.open('/'))).html).toContain('Your databases');
  });

  test('starts no session when the record cannot be written', async () => {
    const viewer = person();
    const form = await page(viewer.open('/sign-in'));
    site.auditFails = true;
    const end = await page(viewer.signIn(form));
    expect(end.status).toBe(503);
    site.auditFails = false;
    expect((await page(viewer.open('/'))).html).not.toContain('Sign out');
  });

  test('answers a wrong password and an unknown person alike, and records why without what was typed', async () => {
    const answers = await Promise.all(
      ['admin@example.com', 'nobody-secret@example.com'].map(async (username) => {
        const somebody = new Person(site.issuer, username, 'wrong');
        const { status, html: text } = await page(somebody.signIn(await page(somebody.open('/sign-in'))));
        return { status, text: text.replaceAll(username, '').replace(/name="form_token" value="[^"]*"/, '') };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(422);
    const failed = site.events.filter((event) => event.type === 'sign_in' && event.outcome === 'failed');
    expect(failed).toContainEqual(
      expect.objectContaining({ reason: 'wrong_password', person: 'local:admin@example.com' }),
    );
    expect(failed).toContainEqual(expect.objectContaining({ reason: 'unknown' }));
    expect(JSON.stringify(failed)).not.toContain('nobody-secret');
  });

  test('says how long to wait when there were too many failures, and records it', async () => {
    const somebody = new Person(site.issuer, 'throttled@example.com', 'wrong');
    for (let time = 0; time < 5; time += 1) await somebody.signIn(await page(somebody.open('/sign-in')));
    const end = await page(somebody.signIn(await page(somebody.open('/sign-in'))));
    expect([end.status, end.html.includes('Wait 15 minutes')]).toEqual([429, true]);
    expect(Number(end.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(site.events.at(-1)).toMatchObject({ type: 'sign_in', outcome: 'throttled' });
  });

  test('shows what was typed as text', async () => {
    const somebody = new Person(site.issuer, '"><script>alert(1)</script>', 'wrong');
    const end = await page(somebody.signIn(await page(somebody.open('/sign-in'))));
    expect(end.html).not.toContain('<script>');
    expect(end.html).toContain('value="&quot;&gt;&lt;script&gt;');
  });

  test.each(['?return_to=//evil.example', '?return_to=/%5Cevil.example', '?return_to=https://evil.example'])(
    'goes home afterwards, whatever %s says',
    async (query) => {
      const viewer = person();
      const form = await page(viewer.open(`/sign-in${query}`));
      const response = await post(viewer, `/sign-in${query}`, {
        form_token: hidden(form, 'form_token'),
        username: 'viewer@example.com',
        password: people.viewer,
      });
      expect(response.headers.get('location')).toBe('/');
    },
  );

  test('of an authorization request is of no use in another browser', async () => {
    const attacker = person('admin');
    const started = await page(attacker.open(authorizationRequest()));
    expect(started.url.pathname).toMatch(/^\/sign-in\/./);
    const victim = person();
    const stranger = await page(victim.open(started.url));
    expect([stranger.status, stranger.html.includes('another browser')]).toEqual([400, true]);
  });
});

describe('a form', () => {
  const genuine = { username: 'viewer@example.com', password: people.viewer };

  test.each([
    ['no token', async () => ({ ...genuine })],
    ['an empty token', async () => ({ ...genuine, form_token: '' })],
    [
      'the token of another browser',
      async () => ({ ...genuine, form_token: hidden(await page(person().open('/sign-in')), 'form_token') }),
    ],
    [
      'a token with another time',
      async (own: string) => ({ ...genuine, form_token: own.replace(/^[^.]+/, 'zzzzzzzz') }),
    ],
  ])('with %s is refused', async (_, fieldsOf) => {
    const viewer = person();
    const own = hidden(await page(viewer.open('/sign-in')), 'form_token');
    const response = await post(viewer, '/sign-in', await fieldsOf(own));
    expect([response.status, await codeOf(response)]).toEqual([403, 'cross_site']);
  });

  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['no origin', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sister site', { 'sec-fetch-site': 'same-site' }],
  ])('from %s is refused, also with a good token', async (_, headers) => {
    const viewer = person();
    const form_token = hidden(await page(viewer.open('/sign-in')), 'form_token');
    const response = await post(viewer, '/sign-in', { ...genuine, form_token }, headers);
    expect([response.status, await codeOf(response)]).toEqual([403, 'cross_site']);
  });

  test('that was open for half a day must be loaded again', async () => {
    const viewer = person();
    const form = await page(viewer.open('/sign-in'));
    site.clock.offset = 13 * 3_600_000;
    const end = await page(viewer.signIn(form));
    site.clock.offset = 0;
    expect([end.status, end.html.includes('Load the page again')]).toEqual([403, true]);
  });

  test('for one page is no use on another', async () => {
    const viewer = person();
    const form_token = hidden(await page(viewer.open('/sign-in')), 'form_token');
    await viewer.home();
    for (const path of ['/sign-out', '/applications/x/end', '/sessions/x/end']) {
      const response = await post(viewer, path, { form_token });
      expect([path, response.status]).toEqual([path, 403]);
    }
  });

  test.each([
    ['JSON as plain text', 'text/plain', '{"username":"viewer@example.com"}'],
    ['JSON', 'application/json', '{"username":"viewer@example.com"}'],
    ['a field twice', 'application/x-www-form-urlencoded', 'username=a&username=b&password=c'],
    ['a prototype', 'application/x-www-form-urlencoded', '__proto__=a&constructor=b'],
  ])('sent as %s is refused', async (_, type, body) => {
    const response = await fetch(`${site.issuer}/sign-in`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect([400, 403]).toContain(response.status);
  });
});

describe('consent', () => {
  test('shows who asks, where it returns, what the role can do and for how long, all as text', async () => {
    const consent = await atConsent(person(), 'db:authdb openid profile');
    expect(consent.html).toContain('Acme &lt;BI&gt;');
    for (const words of [
      'this computer',
      'authdb',
      'readonly',
      'Read every table',
      '15 minutes',
      '12 hours',
      '30 days',
      'See your name',
      'viewer@example.com',
    ])
      expect(consent.html).toContain(words);
  });

  test('names the application’s own address, and no other, as where its form may lead', async () => {
    const consent = await atConsent(person(), 'db:authdb', 'https://bi.acme.example/callback');
    expect(consent.headers.get('content-security-policy')).toMatch(
      /form-action 'self' https:\/\/bi\.acme\.example$/,
    );
  });

  test('allowed and denied lead back to the application', async () => {
    const allowed = await person().authorize(authorizationRequest(), 'allow');
    if (allowed.kind === 'page') throw new Error(allowed.html);
    expect(allowed.to.searchParams.get('code')).toBeTruthy();
    const denied = await person().authorize(authorizationRequest(), 'deny');
    if (denied.kind === 'page') throw new Error(denied.html);
    expect(denied.to.searchParams.get('error')).toBe('access_denied');
  });

  test('offers nothing to allow when no rule gives a role, and does not take it either', async () => {
    const viewer = person();
    const consent = await atConsent(viewer, 'db:payroll');
    expect(consent.html).toContain('No rule gives you');
    expect(consent.html).not.toContain('value="allow"');
    const response = await post(viewer, consent.url.pathname, {
      form_token: hidden(consent, 'form_token'),
      decision: 'allow',
    });
    expect([response.status, await codeOf(response)]).toEqual([403, 'no_matching_rule']);
  });

  test('says which part of the request is left out', async () => {
    const consent = await atConsent(person(), 'db:authdb db:payroll');
    expect(consent.html).toContain('Not included');
    expect(consent.html).toContain('value="allow"');
  });

  test.each([
    ['another decision', 'maybe'],
    ['no decision', ''],
  ])('refuses %s', async (_, decision) => {
    const viewer = person();
    const consent = await atConsent(viewer, 'db:authdb');
    const response = await post(viewer, consent.url.pathname, {
      form_token: hidden(consent, 'form_token'),
      decision,
    });
    expect(await codeOf(response)).toBe('request_invalid');
  });

  test('of one person is no use to another browser or another person', async () => {
    const viewer = person();
    const consent = await atConsent(viewer, 'db:authdb');
    const fields = { form_token: hidden(consent, 'form_token'), decision: 'allow' };
    const other = person('admin');
    await other.home();
    expect((await post(other, consent.url.pathname, fields)).status).toBe(400);

    const out = await page(viewer.press(await viewer.home(), /^\/sign-out$/));
    expect(out.html).toContain('signed out');
    expect((await post(viewer, consent.url.pathname, fields)).status).toBe(400);
  });
});

describe('the home page', () => {
  test('shows a stranger the way in, and nothing else', async () => {
    const landing = await page(person().open('/'));
    expect(landing.html).toContain('href="/sign-in"');
    expect(landing.html).not.toContain('authdb');
  });

  test('shows the databases that policy gives, with the default role first and a way to connect', async () => {
    const home = await person().home();
    expect(home.html).toContain('authdb');
    expect(home.html).not.toContain('payroll');
    expect(home.html).toContain('postgresql://readonly@127.0.0.1:15432/authdb?sslmode=require');
    expect((await person('admin').home()).html).toContain('postgresql://admin@127.0.0.1:15432/authdb');
  });

  test('ends an application that the person let in, and nobody else’s', async () => {
    const viewer = person();
    await viewer.authorize(authorizationRequest());
    const home = await viewer.home();
    const [, action = ''] = /action="(\/applications\/[^"]+\/end)"/.exec(home.html) ?? [];
    const admin = person('admin');
    const response = await post(admin, action, { form_token: hidden(await admin.home(), 'form_token') });
    expect(response.status).toBe(404);

    const end = await page(viewer.press(home, /^\/applications\/.+\/end$/));
    expect(end.html).toContain('access has ended');
    expect(end.html).not.toContain(action);
  });

  test('ends a live session of the person, and nobody else’s', async () => {
    const viewer = person();
    const session = {
      id: 'session-1',
      gatewayId: 'gateway-1',
      personId: 'local:viewer@example.com',
      clientId: 'acme',
      consentId: 'consent-1',
      database: 'authdb',
      role: 'readonly',
      remoteAddress: '192.0.2.7',
      startedAt: Date.now(),
      heartbeatAt: Date.now(),
    };
    await site.store.sessions.publish([session], []);
    const head = await site.store.revocations.head();
    const admin = person('admin');
    const foreign = await post(admin, '/sessions/session-1/end', {
      form_token: hidden(await admin.home(), 'form_token'),
    });
    expect([foreign.status, await site.store.revocations.since(head)]).toEqual([404, []]);

    const end = await page(viewer.press(await viewer.home(), /^\/sessions\/.+\/end$/));
    expect(end.html).toContain('The session is ending.');
    expect(await site.store.revocations.since(head)).toMatchObject([
      { kind: 'session', subject: 'session-1' },
    ]);
    expect(site.events).toContainEqual(expect.objectContaining({ type: 'revoked', subject: 'session-1' }));
  });

  test('signs out on the server too: the old cookie opens nothing', async () => {
    const viewer = person();
    const home = await viewer.home();
    const kept = (await viewer.fetch('/')).status;
    expect(kept).toBe(200);
    await viewer.press(home, /^\/sign-out$/);
    expect((await page(viewer.open('/'))).html).toContain('href="/sign-in"');
    expect((await viewer.fetch('/sign-out')).status).toBe(404);
  });

  test('of somebody who was disabled meanwhile shows nothing of theirs', async () => {
    const viewer = person();
    await viewer.home();
    await site.store.people.setDisabled('local:viewer@example.com', true);
    const after = await page(viewer.open('/'));
    await site.store.people.setDisabled('local:viewer@example.com', false);
    expect(after.html).not.toContain('authdb');
  });
});

test('no log line holds a password, a cookie or a code', async () => {
  await person().authorize(authorizationRequest());
  const log = site.log.join('');
  expect(log).not.toMatch(/viewer has a password|grantway_session=|gw_browser=|[?&]code=/);
});

function authorizationRequest(scope = 'db:authdb', redirectUri = 'http://127.0.0.1:1/callback'): URL {
  const url = new URL('/oauth/authorize', site.issuer);
  url.search = new URLSearchParams({
    client_id: 'acme',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    state: 'state',
    prompt: 'consent',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }).toString();
  return url;
}

async function atConsent(somebody: Person, scope: string, redirectUri?: string): Promise<Page> {
  const first = await page(somebody.open(authorizationRequest(scope, redirectUri)));
  return first.url.pathname.startsWith('/consent/') ? first : page(somebody.signIn(first));
}

/** Posts a form as a program would, with the person's cookies. */
function post(
  somebody: Person,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return somebody.fetch(path, { method: 'POST', body: new URLSearchParams(fields), headers });
}

/** The code of a problem document. */
async function codeOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
}

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
