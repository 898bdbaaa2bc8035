import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  discover,
  type Gateway,
  GrantwayError,
  query,
  queryStream,
  refresh,
  startAuthorization,
  startDevice,
} from './index.ts';

// What a real gateway never does: these tests are about a server that is wrong, slow, or somebody else's. The flows
// against the real one are in the command line's tests.
let server: Server;
let issuer: string;
let metadata: Record<string, unknown>;
let answers: ((request: IncomingMessage, body: URLSearchParams) => { status: number; body: unknown })[];
let asked: { readonly path: string; readonly body: URLSearchParams }[];

beforeEach(async () => {
  answers = [];
  asked = [];
  server = createServer(async (request, response) => {
    if (request.url === '/.well-known/openid-configuration') return json(response, 200, metadata);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = new URLSearchParams(text);
    asked.push({ path: request.url ?? '', body });
    const answer = answers.shift()?.(request, body) ?? { status: 500, body: {} };
    if (answer.body !== cutOff) return json(response, answer.status, answer.body);
    response.writeHead(answer.status).write('{"columns":[', () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  metadata = {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    device_authorization_endpoint: `${issuer}/oauth/device/auth`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    authorization_response_iss_parameter_supported: true,
  };
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** In place of a body: the connection ends in the middle of one. */
const cutOff = Symbol('cut off');

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const gateway = (): Promise<Gateway> => discover(issuer, 'grantway-cli');

async function codeOf(work: Promise<unknown>): Promise<string> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(GrantwayError);
  return (thrown as GrantwayError).code;
}

const tokens = {
  access_token: 'gwt_a',
  token_type: 'Bearer',
  expires_in: 900,
  refresh_token: 'r2',
  scope: 'db:authdb',
  database: 'authdb',
  role: 'readonly',
  engine: 'postgres',
  host: '127.0.0.1',
  port: 15432,
  username: 'readonly',
};

/** Signed by nobody: the client trusts the token endpoint over TLS (OpenID Connect Core, 3.1.3.7 item 6), and checks the claims. */
function idToken(nonce: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: 'local:ada',
    aud: 'grantway-cli',
    exp: now + 60,
    iat: now,
    nonce,
    name: 'Ada',
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.AAAA`;
}

test.each([
  ['no address', 'access', 'not_a_gateway'],
  ['an unencrypted address that is not this machine', 'http://access.example.com', 'insecure_issuer'],
  ['a name that only looks like this machine', 'http://127.0.0.1.nip.io', 'insecure_issuer'],
  ['another scheme', 'file:///etc/passwd', 'insecure_issuer'],
  ['a port where nobody listens', 'http://127.0.0.1:1', 'network'],
])('%s is refused', async (_, address, code) => {
  expect(await codeOf(discover(address, 'grantway-cli'))).toBe(code);
});

test('an address that leads elsewhere is refused, and where it leads is told', async () => {
  const server = createServer((_, response) =>
    response.writeHead(307, { location: 'https://access.example.com/x' }).end(),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const own = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  await expect(discover(own, 'grantway-cli')).rejects.toMatchObject({
    code: 'issuer_mismatch',
    message: `${own} leads to https://access.example.com. If you trust that address, use it.`,
  });
  server.close();
});

test('a discovery document of another issuer is refused', async () => {
  metadata.issuer = 'https://access.example.com';
  expect(await codeOf(gateway())).toBe('issuer_mismatch');
});

test.each(['authorization_endpoint', 'token_endpoint', 'revocation_endpoint'])(
  'H19 a %s on another origin, or that is no web address, is refused, so that nothing goes or is opened there',
  async (name) => {
    for (const address of [
      'https://evil.example/oauth',
      'file:///bin/sh',
      'javascript:alert(1)',
      'x; reboot',
    ]) {
      metadata[name] = address;
      expect(await codeOf(gateway())).toBe('issuer_mismatch');
    }
  },
);

test('an authorization request carries PKCE S256, state, nonce, scope and resource', async () => {
  const { url } = await startAuthorization(await gateway(), 'http://127.0.0.1:9/callback', {
    database: 'authdb',
    role: 'readonly',
  });
  const { searchParams } = new URL(url);
  expect(Object.fromEntries(searchParams)).toMatchObject({
    client_id: 'grantway-cli',
    response_type: 'code',
    code_challenge_method: 'S256',
    scope: 'openid profile offline_access db:authdb:readonly',
    resource: `${issuer}/db/authdb`,
    redirect_uri: 'http://127.0.0.1:9/callback',
  });
  expect(searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/);
  expect(searchParams.get('state')?.length).toBeGreaterThan(20);
  expect(searchParams.get('nonce')?.length).toBeGreaterThan(20);
});

const callbacks: readonly [what: string, change: (callback: URL) => void, code: string][] = [
  ['a foreign state', (callback) => callback.searchParams.set('state', 'x'), 'callback_mismatch'],
  ['no state', (callback) => callback.searchParams.delete('state'), 'callback_mismatch'],
  [
    'a foreign issuer',
    (callback) => callback.searchParams.set('iss', 'https://evil.example'),
    'callback_mismatch',
  ],
  [
    'no issuer although it was promised',
    (callback) => callback.searchParams.delete('iss'),
    'callback_mismatch',
  ],
  ['a denial', (callback) => callback.searchParams.set('error', 'access_denied'), 'refused'],
];

test.each(callbacks)('a callback with %s redeems nothing', async (_, change, code) => {
  const pending = await startAuthorization(await gateway(), 'http://127.0.0.1:9/callback', {});
  const callback = new URL('http://127.0.0.1:9/callback');
  callback.searchParams.set('code', 'c');
  callback.searchParams.set('iss', issuer);
  callback.searchParams.set('state', new URL(pending.url).searchParams.get('state') ?? '');
  change(callback);
  expect(await codeOf(pending.finish(callback))).toBe(code);
  expect(asked).toEqual([]);
});

test('a callback is redeemed once, with the verifier, and names the database', async () => {
  const pending = await startAuthorization(await gateway(), 'http://127.0.0.1:9/callback', {
    database: 'authdb',
  });
  const callback = new URL('http://127.0.0.1:9/callback');
  callback.searchParams.set('code', 'c');
  callback.searchParams.set('iss', issuer);
  callback.searchParams.set('state', new URL(pending.url).searchParams.get('state') ?? '');
  const nonce = new URL(pending.url).searchParams.get('nonce') ?? '';
  answers.push(() => ({ status: 200, body: { ...tokens, id_token: idToken(nonce) } }));
  expect(await pending.finish(callback)).toMatchObject({
    person: { subject: 'local:ada', name: 'Ada' },
    accessToken: 'gwt_a',
    refreshToken: 'r2',
    connection: { database: 'authdb', host: '127.0.0.1', port: 15432 },
  });
  expect(asked[0]?.body.get('code_verifier')?.length).toBeGreaterThan(40);
  expect(asked[0]?.body.get('resource')).toBe(`${issuer}/db/authdb`);
  expect(await codeOf(pending.finish(callback))).toBe('callback_mismatch');
  expect(asked).toHaveLength(1);
});

test('an ID token of another sign-in is refused', async () => {
  const pending = await startAuthorization(await gateway(), 'http://127.0.0.1:9/callback', {});
  const callback = new URL('http://127.0.0.1:9/callback');
  callback.searchParams.set('code', 'c');
  callback.searchParams.set('iss', issuer);
  callback.searchParams.set('state', new URL(pending.url).searchParams.get('state') ?? '');
  answers.push(() => ({ status: 200, body: { ...tokens, id_token: idToken('another') } }));
  expect(await codeOf(pending.finish(callback))).toBe('invalid_response');
});

test('a token without a life is refused, because it could never be renewed in time', async () => {
  const { expires_in: _, ...eternal } = tokens;
  answers.push(() => ({ status: 200, body: eternal }));
  expect(await codeOf(refresh(await gateway(), 'r1', 'authdb'))).toBe('invalid_response');
});

test('a refresh that the server could not answer is tried again with the same token', async () => {
  answers.push(
    () => ({ status: 503, body: {} }),
    () => ({ status: 200, body: tokens }),
  );
  expect(await refresh(await gateway(), 'r1', 'authdb')).toMatchObject({ outcome: 'refreshed' });
  expect(asked.map(({ body }) => body.get('refresh_token'))).toEqual(['r1', 'r1']);
});

test('callers that come with the same refresh token share one request', async () => {
  const at = await gateway();
  answers.push(() => ({ status: 200, body: tokens }));
  const all = await Promise.all([1, 2, 3].map(() => refresh(at, 'r1', 'authdb')));
  expect(all.map(({ outcome }) => outcome)).toEqual(['refreshed', 'refreshed', 'refreshed']);
  expect(asked).toHaveLength(1);
});

test('a spent refresh token is an outcome and is not tried again', async () => {
  answers.push(() => ({ status: 400, body: { error: 'invalid_grant' } }));
  expect(await refresh(await gateway(), 'r1', 'authdb')).toEqual({ outcome: 'invalid_grant' });
  expect(asked).toHaveLength(1);
});

test('another refusal of a refresh is an error with the server’s own code', async () => {
  answers.push(() => ({
    status: 400,
    body: { error: 'invalid_target', error_description: 'No such database.' },
  }));
  await expect(refresh(await gateway(), 'r1', 'authdb')).rejects.toMatchObject({
    code: 'refused',
    reason: 'invalid_target',
    message: 'No such database.',
  });
});

const device = {
  device_code: 'd',
  user_code: 'ABCD-EFGH',
  verification_uri: 'http://127.0.0.1/device',
  expires_in: 600,
  interval: 0.01,
};

test('a device waits while the person thinks, and then has tokens', async () => {
  answers.push(
    () => ({ status: 200, body: device }),
    () => ({ status: 400, body: { error: 'authorization_pending' } }),
    () => ({ status: 200, body: tokens }),
  );
  const pending = await startDevice(await gateway(), { database: 'authdb' });
  expect(pending.userCode).toBe('ABCD-EFGH');
  expect(await pending.wait()).toMatchObject({ accessToken: 'gwt_a' });
});

test('a device that asked too often waits five seconds more before each question from then on', async () => {
  answers.push(
    () => ({ status: 200, body: device }),
    () => ({ status: 400, body: { error: 'slow_down' } }),
    () => ({ status: 400, body: { error: 'authorization_pending' } }),
    () => ({ status: 200, body: tokens }),
  );
  const pending = await startDevice(await gateway(), {});
  const real = globalThis.setTimeout;
  const slowed: number[] = [];
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => {
    if (ms === 5_010) slowed.push(ms);
    return real(run, ms === 5_010 ? 0 : ms);
  });
  await pending.wait().finally(() => vi.unstubAllGlobals());
  expect(slowed).toEqual([5_010, 5_010]);
});

test.each([
  ['denied', 'access_denied', 'refused'],
  ['forgotten', 'expired_token', 'expired'],
])('a device code that was %s ends the wait', async (_, error, code) => {
  answers.push(
    () => ({ status: 200, body: device }),
    () => ({ status: 400, body: { error } }),
  );
  expect(await codeOf((await startDevice(await gateway(), {})).wait())).toBe(code);
});

test('a device code whose time is over ends the wait without the server', async () => {
  answers.push(() => ({ status: 200, body: { ...device, expires_in: 0.005 } }));
  expect(await codeOf((await startDevice(await gateway(), {})).wait())).toBe('expired');
});

test('waiting for a device can be given up', async () => {
  answers.push(() => ({ status: 200, body: { ...device, interval: 600 } }));
  const giveUp = new AbortController();
  const waiting = (await startDevice(await gateway(), {})).wait(giveUp.signal);
  giveUp.abort(new Error('given up'));
  await expect(waiting).rejects.toThrow('given up');
});

test('a problem document of the query API becomes an error with its code and sentence', async () => {
  answers.push((request) => {
    expect(request.headers.authorization).toBe('Bearer gwt_a');
    return { status: 403, body: { code: 'role_not_granted', detail: 'Ask for the scope.' } };
  });
  await expect(query(await gateway(), 'gwt_a', 'authdb', { statement: 'SELECT 1' })).rejects.toMatchObject({
    code: 'refused',
    reason: 'role_not_granted',
    message: 'Ask for the scope.',
  });
});

describe('an answer of the query API that breaks off', () => {
  // As the gateway cuts a CSV whose statement fails after rows have left.
  const brokenOff = { code: 'network', message: 'The answer of the server broke off.' };
  beforeEach(() => answers.push(() => ({ status: 200, body: cutOff })));

  test('is an error of the query', async () => {
    const answer = query(await gateway(), 'gwt_a', 'authdb', { statement: 'SELECT 1' });
    await expect(answer).rejects.toMatchObject(brokenOff);
  });

  test('is an error of whoever reads the stream', async () => {
    const stream = await queryStream(
      await gateway(),
      'gwt_a',
      'authdb',
      { statement: 'SELECT 1' },
      'text/csv',
    );
    await expect(text(stream)).rejects.toMatchObject(brokenOff);
  });
});

test('no error text carries a token', async () => {
  answers.push(() => ({ status: 200, body: { access_token: 'gwt_secret', token_type: 'mac' } }));
  const thrown = await refresh(await gateway(), 'r_secret', 'authdb').catch((error: Error) => error);
  expect(String(thrown)).not.toMatch(/secret/);
});
