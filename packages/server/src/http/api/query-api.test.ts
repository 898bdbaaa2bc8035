import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type FastifyInstance, fastify } from 'fastify';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../../../../../tests/support/postgres.ts';
import type { Config } from '../../config/index.ts';
import { type Database, Refusal } from '../../core/index.ts';
import { sampleDatabase, sampleRole } from '../../core/testing/index.ts';
import { postgresQueryDriver } from '../../engines/postgres/query-driver.ts';
import type { SessionDemand } from '../../gateway/index.ts';
import type { TokenVerdict } from '../../oauth/index.ts';
import { answerThrown } from '../problem.ts';
import { queryApi } from './query-api.ts';

// The database stands directly behind the door here, so the "token" is a password of its own; what a session adds
// is proved with the gateway's tests.
const token = 'gwt_stands_for_a_token';
const person = { method: 'local', subject: 'ada@example.com', displayName: 'Ada', groups: [], claims: {} };
let server: TestPostgres;
let admin: pg.Client;
let app: FastifyInstance;
let origin: string;
const valid: TokenVerdict = {
  outcome: 'valid',
  token: {
    tokenHash: 'h',
    principal: person,
    clientId: 'grantway-cli',
    consentId: 'c',
    database: 'postgres',
    roles: ['readonly'],
    scopes: ['db:postgres:readonly', 'openid'],
    expiresAt: Date.UTC(2030, 0, 1),
  },
};
let verdict: TokenVerdict = valid;
let admins: Config['admins'];
let demand: SessionDemand | undefined;

beforeAll(async () => {
  server = await startPostgres();
  admin = await server.adminClient();
  await admin.query(`CREATE ROLE grantway LOGIN PASSWORD '${token}'`);
  await admin.query(`CREATE ROLE readonly LOGIN PASSWORD '${token}'`);

  const database = sampleDatabase({
    name: 'postgres',
    roles: [
      sampleRole({ name: 'admin', allow: { kind: 'groups', anyOf: ['admin'] } }),
      sampleRole({ name: 'readwrite' }),
      sampleRole(),
    ],
  });
  const redis = { name: 'cache', engine: 'redis' } as Database;
  const databases = new Map([
    ['postgres', database],
    ['cache', redis],
  ]);
  app = fastify();
  app.setErrorHandler((error, request, reply) => answerThrown(error, request, reply));
  await app.register(
    queryApi({
      authorizationServer: {
        verifyToken: async (given) =>
          given.reveal() === token ? verdict : { outcome: 'invalid', reason: 'unknown' },
      },
      certificateOf: () => undefined,
      inProcessDoor: {
        open(_engine, _address, given) {
          demand = given;
          if (given?.role === 'forbidden') {
            given.refused?.(new Refusal('role_not_granted', { role: 'forbidden', database: 'postgres' }));
          }
          return connect({ port: server.port, host: server.host, noDelay: true });
        },
      },
      drivers: { postgres: postgresQueryDriver },
      config: () => ({ databases, ...(admins === undefined ? {} : { admins }) }) as unknown as Config,
      reload: async () => ({ outcome: 'refused', problems: 'databases.authdb.host (line 7): is missing' }),
    }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await app.close();
  await admin.end();
  await server.stop();
});

function post(body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${origin}/api/v1/databases/postgres/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

test('H09 a query is answered with columns, rows as lists, and exact numbers as text', async () => {
  const response = await post({
    statement: 'SELECT $1::int8 AS big, NULL AS nothing',
    parameters: ['9007199254740993'],
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({
    columns: [
      { name: 'big', type: 'int8' },
      { name: 'nothing', type: 'text' },
    ],
    rows: [['9007199254740993', null]],
    rowCount: 1,
    truncated: false,
  });
});

test('a limit cuts the rows and says so; the default is a thousand', async () => {
  const statement = 'SELECT generate_series(1, 5000)';
  expect(await (await post({ statement, limit: 2 })).json()).toMatchObject({
    rows: [[1], [2]],
    rowCount: 2,
    truncated: true,
  });
  expect(await (await post({ statement })).json()).toMatchObject({ rowCount: 1000, truncated: true });
});

test('as many rows as the limit are not called truncated', async () => {
  expect(await (await post({ statement: 'SELECT generate_series(1, 3)', limit: 3 })).json()).toMatchObject({
    rowCount: 3,
    truncated: false,
  });
});

test('H09 a JSON answer never collects more than a few megabytes, whatever the limit', async () => {
  const answer = await post({
    statement: "SELECT repeat('x', 1000000) FROM generate_series(1, 100)",
    limit: 100,
  });
  const { rowCount, truncated } = (await answer.json()) as { rowCount: number; truncated: boolean };
  expect(truncated).toBe(true);
  expect(rowCount).toBe(8);
});

test('rows without columns are rows all the same', async () => {
  const statement = 'SELECT FROM generate_series(1, 3)';
  expect(await (await post({ statement })).json()).toMatchObject({ rows: [[], [], []], rowCount: 3 });
  const lines = await (await post({ statement }, { accept: 'application/x-ndjson' })).text();
  expect(lines).toBe('{"columns":[]}\n[]\n[]\n[]\n{"rowCount":3,"truncated":false}\n');
});

test('a number that JSON cannot hold exactly is refused before it reaches the database', async () => {
  const response = await post('{"statement":"SELECT $1::int8","parameters":[9007199254740993]}');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: 'request_invalid',
    detail:
      'The number 9007199254740993 is more than a JSON number can hold exactly: write it as text, in quotes.',
  });
});

test('a statement that changes rows says how many', async () => {
  await admin.query(
    'CREATE TABLE IF NOT EXISTS public.counted (n int); GRANT ALL ON public.counted TO PUBLIC',
  );
  const answer = await post({ statement: 'INSERT INTO counted SELECT generate_series(1, 4)' });
  expect(await answer.json()).toEqual({ columns: [], rows: [], rowCount: 4, truncated: false });
});

test('NDJSON opens with the columns, closes with the count, and has no limit of its own', async () => {
  const answer = await post(
    { statement: 'SELECT generate_series(1, 20000) AS n' },
    { accept: 'application/x-ndjson' },
  );
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = (await answer.text()).split('\n');
  expect(lines[0]).toBe('{"columns":[{"name":"n","type":"int4"}]}');
  expect(lines[20000]).toBe('[20000]');
  expect(lines[20001]).toBe('{"rowCount":20000,"truncated":false}');
  expect(lines).toHaveLength(20003);
});

test('NDJSON ends with the error of a statement that fails on the way', async () => {
  const statement = 'SELECT 1 / (5000 - g) FROM generate_series(1, 6000) g';
  const answer = await post({ statement }, { accept: 'application/x-ndjson' });
  const last = (await answer.text()).trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({ error: { code: 'statement_failed' } });
});

test('CSV has a header line and a limit when one is given', async () => {
  const statement = "SELECT g AS n, '=' || g AS f FROM generate_series(1, 5) g";
  const answer = await post({ statement, limit: 2 }, { accept: 'text/csv' });
  expect(await answer.text()).toBe("n,f\r\n1,'=1\r\n2,'=2\r\n");
});

test('CSV that fails before its first chunk is still an error status', async () => {
  const statement = 'SELECT 1 / (500 - g) FROM generate_series(1, 600) g';
  expect((await post({ statement }, { accept: 'text/csv' })).status).toBe(422);
});

test('CSV that fails later is cut, so that nobody takes it for whole', async () => {
  const statement = "SELECT 1 / (5000 - g), repeat('x', 100) FROM generate_series(1, 6000) g";
  const answer = await post({ statement }, { accept: 'text/csv' });
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
});

test('a role in the body is demanded of the session, and is the user name on the wire', async () => {
  const answer = await post({ statement: 'SELECT session_user::text', role: 'readonly' });
  expect(await answer.json()).toMatchObject({ rows: [['readonly']] });
  expect(demand?.role).toBe('readonly');
});

test('the refusal of the session reaches the caller as it is', async () => {
  const answer = await post({ statement: 'SELECT 1', role: 'forbidden' });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: 'role_not_granted' });
});

test.each([
  ['GET', 'databases/postgres/query', 'POST'],
  ['GET', 'databases/nowhere/query', 'POST'],
  ['PUT', 'databases/postgres/query', 'POST'],
  ['OPTIONS', 'databases/postgres/query', 'POST'],
  ['POST', 'me', 'GET, HEAD'],
  ['DELETE', 'admin/reload', 'POST'],
])('%s for /api/v1/%s is told which methods there are', async (method, path, allowed) => {
  const answer = await fetch(`${origin}/api/v1/${path}`, { method });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed]);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await answer.json()).toMatchObject({
    code: 'method_not_allowed',
    detail: `This address takes ${allowed.replace(', ', ' and ')}, not ${method}.`,
  });
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
  'a body of the type %s is told that it is to be JSON',
  async (type) => {
    const answer = await post('{"statement":"SELECT 1"}', { 'content-type': type });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ code: 'media_type_unknown' });
  },
);

const badRequests: readonly [what: string, body: unknown, status: number, code: string][] = [
  ['no JSON', '{', 400, 'request_invalid'],
  ['a list', [], 400, 'request_invalid'],
  ['no statement', {}, 400, 'request_invalid'],
  ['an empty statement', { statement: '' }, 400, 'request_invalid'],
  ['an unknown key', { statement: 'SELECT 1', admin: true }, 400, 'request_invalid'],
  [
    'H10 a key for the prototype',
    '{"statement":"SELECT 1","__proto__":{"role":"admin"}}',
    400,
    'request_invalid',
  ],
  ['an object as a parameter', { statement: 'SELECT $1', parameters: [{}] }, 400, 'request_invalid'],
  [
    'too many parameters',
    { statement: 'SELECT 1', parameters: Array(65_536).fill(1) },
    400,
    'request_invalid',
  ],
  ['H09 NUL in the statement', { statement: 'SELECT 1\0' }, 400, 'request_invalid'],
  ['NUL in a parameter', { statement: 'SELECT $1', parameters: ['\0'] }, 400, 'request_invalid'],
  ['half a surrogate pair', '{"statement":"SELECT \'\\ud800\'"}', 400, 'request_invalid'],
  ['H09 bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'request_invalid'],
  ['a limit of nothing', { statement: 'SELECT 1', limit: 0 }, 400, 'request_invalid'],
  ['a limit beyond the most', { statement: 'SELECT 1', limit: 10_001 }, 400, 'request_invalid'],
  ['H09 brackets without end', '['.repeat(100_000), 400, 'request_invalid'],
  ['more than a megabyte', { statement: `SELECT '${'x'.repeat(1024 * 1024)}'` }, 413, 'request_too_large'],
  ['H09 two statements', { statement: 'SELECT 1; SELECT 2' }, 422, 'statement_failed'],
  ['H09 COPY', { statement: 'COPY pg_class TO STDOUT' }, 400, 'feature_not_offered'],
];

test.each(badRequests)('%s is refused with a problem document', async (_, body, status, code) => {
  const answer = await post(body);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await answer.json()).toMatchObject({ code, status });
});

test.each([
  ['no token', ''],
  ['another scheme', 'Basic Zm9v'],
  ['an empty token', 'Bearer '],
])('%s is 401 and names the scheme', async (_, authorization) => {
  const answer = await post({ statement: 'SELECT 1' }, { authorization });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="grantway"');
});

test('a token that is not valid is 401 with the error code', async () => {
  const answer = await post({ statement: 'SELECT 1' }, { authorization: 'Bearer gwt_wrong' });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="grantway", error="invalid_token"');
});

test('a token that is not valid ends the call before the body is there', async () => {
  const { port } = app.server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(
    'POST /api/v1/databases/postgres/query HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' +
      'Authorization: Bearer gwt_wrong\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{',
  );
  expect(String(await buffer(socket))).toMatch(/^HTTP\/1.1 401 /);
});

const ask = (name: string, given: string, body = '{"statement":"SELECT 1"}') =>
  fetch(`${origin}/api/v1/databases/${name}/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${given}`, 'content-type': 'application/json' },
    body,
  });

test.each([
  ['somebody without a valid token', 'gwt_wrong', 401],
  ['the holder of a token for another database', token, 403],
])('%s hears the same of a database that is there and of one that is not', async (_, given, status) => {
  verdict = { ...valid, token: { ...valid.token, database: 'elsewhere' } };
  const answers = [];
  for (const body of ['{"statement":"SELECT 1"}', '{"command":["PING"]}', 'no JSON'])
    for (const name of ['postgres', 'cache', 'nowhere']) {
      const answer = await ask(name, given, body);
      expect(answer.status).toBe(status);
      const { request: _, instance: __, ...told } = (await answer.json()) as Record<string, unknown>;
      answers.push(told);
    }
  verdict = valid;
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
});

test('whoever proved who they are by something else than a token of ours is told that a database is not there', async () => {
  verdict = { outcome: 'invalid', reason: 'no_database_named' };
  const answer = await ask('nowhere', token);
  verdict = valid;
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: 'database_unknown' });
});

test('an engine without a driver is not offered', async () => {
  verdict = { ...valid, token: { ...valid.token, database: 'cache' } };
  const answer = await ask('cache', token);
  verdict = valid;
  expect(await answer.json()).toMatchObject({ code: 'feature_not_offered' });
});

test('a caller that goes away before the first row ends the session', async () => {
  const gone = new AbortController();
  const asked = post({ statement: 'SELECT pg_sleep(600)' }, {}, gone.signal).catch(() => 'gone');
  await sessions("query = 'SELECT pg_sleep(600)'", 1);
  gone.abort();
  expect(await asked).toBe('gone');
  // The server itself notices the closed socket only when it writes; the gateway sends the cancel that ends the statement.
  await admin.query(
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'",
  );
  await sessions("application_name = 'grantway-http'", 0);
});

test('a caller that goes away in the middle of a stream ends the session', async () => {
  const gone = new AbortController();
  const statement = "SELECT repeat('x', 1000), generate_series(1, 100000000)";
  const answer = await post({ statement }, { accept: 'text/csv' }, gone.signal);
  await answer.body?.getReader().read();
  gone.abort();
  await sessions("application_name = 'grantway-http'", 0);
});

/** Waits until so many sessions match; the test's own deadline ends a wait that never does. */
async function sessions(condition: string, wanted: number): Promise<void> {
  for (;;) {
    const { rows } = await admin.query(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE ${condition}`);
    if (rows[0]?.n === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function call(path: string, method: string): Promise<Response> {
  return fetch(`${origin}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
}

test('me says whose token it is and what it is good for', async () => {
  verdict = valid;
  expect(await (await call('/api/v1/me', 'GET')).json()).toEqual({
    person: { id: 'local:ada@example.com', name: 'Ada' },
    client: 'grantway-cli',
    database: 'postgres',
    engine: 'postgres',
    roles: ['readonly'],
    scope: 'db:postgres:readonly openid',
    expiresAt: '2030-01-01T00:00:00.000Z',
  });
});

test.each([
  ['the default role, which its scope does not name', [], ['readwrite']],
  [
    'those of its roles that the rules give, in the order of the config',
    ['readonly', 'admin', 'readwrite'],
    ['readwrite', 'readonly'],
  ],
  ['none, where no rule gives one', ['admin'], []],
])('me names the roles that the token acts as: %s', async (_, roles, named) => {
  verdict = { ...valid, token: { ...valid.token, roles } };
  expect(await (await call('/api/v1/me', 'GET')).json()).toMatchObject({ roles: named });
});

test('me says no end where a certificate stands for the token', async () => {
  verdict = { ...valid, token: { ...valid.token, expiresAt: Number.POSITIVE_INFINITY } };
  const answer = await call('/api/v1/me', 'GET');
  expect(answer.status).toBe(200);
  expect(await answer.json()).not.toHaveProperty('expiresAt');
});

test('me refuses a token that is not valid, and a disabled person', async () => {
  verdict = { outcome: 'invalid', reason: 'expired' };
  expect((await call('/api/v1/me', 'GET')).status).toBe(401);
  verdict = { outcome: 'invalid', reason: 'person_disabled' };
  expect((await call('/api/v1/me', 'GET')).status).toBe(403);
});

test('H04 reload is for administrators who came through the command line, and reports every problem', async () => {
  verdict = valid;
  admins = undefined;
  expect((await call('/api/v1/admin/reload', 'POST')).status).toBe(403);
  admins = { kind: 'users', anyOf: ['ada@example.com'] };
  const answer = await call('/api/v1/admin/reload', 'POST');
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ detail: 'databases.authdb.host (line 7): is missing' });
  verdict = { ...valid, token: { ...valid.token, clientId: 'some-app' } };
  expect((await call('/api/v1/admin/reload', 'POST')).status).toBe(403);
});
