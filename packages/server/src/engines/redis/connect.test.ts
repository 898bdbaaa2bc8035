import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  makeAuthority,
  type TestAuthority,
  writeCertificate,
} from '../../../../../tests/support/certificates.ts';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { RedisFixture, redisEngine, redisLogin } from '../../../../../tests/support/redis-fixture.ts';
import type { Database } from '../../core/index.ts';
import { Secret } from '../../core/index.ts';
import { RedisUpstream } from './upstream.ts';

let fixture: RedisFixture;
let authority: TestAuthority;
const open: RedisUpstream[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  authority = await makeAuthority();
  fixture = await RedisFixture.start({
    acl: [
      'user disabled off >pw ~* +@all',
      'user nopass on nopass ~* +@all',
      'user nosel on >pw ~* +@all -select',
    ],
    tls: { certificate: await authority.issue(['localhost', '127.0.0.1']), authority: authority.certificate },
  });
});
afterEach(() => {
  for (const upstream of open.splice(0)) upstream.close();
  for (const server of servers.splice(0)) server.close();
});
afterAll(async () => {
  await fixture.stop();
});

interface Attempt {
  readonly database?: Partial<Database>;
  readonly login?: string;
  readonly password?: string | undefined;
  readonly settings?: Readonly<Record<string, string>>;
}

async function login(attempt: Attempt = {}): Promise<RedisUpstream> {
  const name = attempt.login ?? redisLogin.login;
  const { host, port } = fixture.server;
  const database = testDatabase(
    { host, port, engine: 'redis', upstreamName: '0', ...attempt.database },
    name,
  );
  const password = 'password' in attempt ? attempt.password : redisLogin.password;
  const upstream = await redisEngine.connect(testPermit(database, name), {
    database,
    login: name,
    password: password === undefined ? undefined : new Secret(password),
    settings: new Map(Object.entries({ protocol: '3', ...attempt.settings })),
    connectTimeoutMs: 1_000,
    request: 'the-request',
  });
  if (!(upstream instanceof RedisUpstream)) throw new TypeError('another engine answered');
  open.push(upstream);
  return upstream;
}

/** A server that gives these answers in turn to whatever comes, or closes, and then says no more. */
async function scripted(...answers: readonly (string | 'close')[]): Promise<Partial<Database>> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    const left = answers.values();
    socket.on('data', () => {
      const { value } = left.next();
      if (value === 'close') socket.destroy();
      else if (value !== undefined) socket.write(value);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return { port: bound !== null && typeof bound === 'object' ? bound.port : 0 };
}

function connectionsTo(server: Server | undefined): Promise<number> {
  return new Promise((resolve, reject) =>
    server?.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

describe('the login at the server', () => {
  test.each([2, 3])(
    'is the role\u2019s own, in RESP%i, with the name that the client has',
    async (protocol) => {
      const upstream = await login({ settings: { protocol: String(protocol), name: 'app' } });
      const clients = String(await fixture.admin.call('CLIENT', 'LIST', 'ID', upstream.pid));
      expect(clients).toContain(` name=app `);
      expect(clients).toContain(` user=relay_app `);
      expect(clients).toContain(` resp=${protocol}`);
      expect(upstream.greeting.toString()).toMatch(protocol === 3 ? /^%7/ : /^\*14/);
    },
  );

  test('chooses the configured database', async () => {
    const upstream = await login({ database: { upstreamName: '5' } });
    expect(String(await fixture.admin.call('CLIENT', 'LIST', 'ID', upstream.pid))).toContain(' db=5 ');
  });

  test('needs no password where the user has none', async () => {
    const upstream = await login({ login: 'nopass', password: undefined });
    expect(String(await fixture.admin.call('CLIENT', 'LIST', 'ID', upstream.pid))).toContain(' user=nopass ');
  });

  test.each<[why: string, attempt: Attempt, cause: RegExp]>([
    ['the password is wrong', { password: 'other' }, /WRONGPASS/],
    ['there is no password', { password: undefined }, /WRONGPASS/],
    ['the user does not exist', { login: 'nobody' }, /WRONGPASS/],
    ['the user is disabled', { login: 'disabled' }, /WRONGPASS/],
    ['the database does not exist', { database: { upstreamName: '99' } }, /DB index is out of range/],
    ['the user may not choose a database', { login: 'nosel', database: { upstreamName: '1' } }, /NOPERM/],
  ])('is refused when %s', async (_, attempt, cause) => {
    await expect(login(attempt)).rejects.toMatchObject({
      code: 'upstream_refused_login',
      cause: { message: expect.stringMatching(cause) },
    });
  });

  test.each<[what: string, answer: string, code: string]>([
    ['closes', 'close', 'upstream_unreachable'],
    ['is loading', '-LOADING Redis is loading the dataset in memory\r\n', 'upstream_unreachable'],
    ['is full', '-ERR max number of clients reached\r\n', 'upstream_unreachable'],
    ['is too old for HELLO', "-ERR unknown command 'HELLO'\r\n", 'upstream_refused_login'],
    ['is in protected mode', '-DENIED Redis is running in protected mode\r\n', 'upstream_refused_login'],
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'upstream_untrusted'],
    ['says more than it was asked', '+OK\r\n+OK\r\n', 'upstream_untrusted'],
    ['says nothing of itself', '+OK\r\n', 'upstream_untrusted'],
    ['never ends a line', '+'.padEnd(70_000, 'x'), 'upstream_untrusted'],
    ['says too much', `*2\r\n$100000\r\n${'x'.repeat(100_000)}\r\n$1\r\nx\r\n`, 'upstream_untrusted'],
    ['is a Sentinel', '%2\r\n+id\r\n:1\r\n+mode\r\n+sentinel\r\n', 'upstream_refused_login'],
  ])('fails when the server %s', async (_, answer, code) => {
    await expect(login({ database: await scripted(answer) })).rejects.toMatchObject({ code });
  });

  const clusterNode = '%3\r\n+id\r\n:1\r\n+mode\r\n+cluster\r\n+role\r\n+master\r\n';
  test.each<[does: string, answers: readonly string[], code: string]>([
    ['never says who the others are', [clusterNode], 'upstream_unreachable'],
    ['closes when it is asked who the others are', [clusterNode, 'close'], 'upstream_unreachable'],
    ['answers that with two answers', [clusterNode, '+OK\r\n+OK\r\n'], 'upstream_untrusted'],
  ])('fails when a node of a cluster %s, and leaves no connection there', async (_, answers, code) => {
    const database = await scripted(...answers);
    await expect(login({ database })).rejects.toMatchObject({ code });
    const [server] = servers;
    await expect.poll(() => connectionsTo(server), { timeout: 10_000 }).toBe(0);
  });

  test('shows its certificate to a server that talks to nobody without one', async () => {
    const certificate = await authority.issue(['localhost', '127.0.0.1']);
    const strict = await RedisFixture.start({
      tls: { certificate, authority: authority.certificate, wantsClients: true },
    });
    const folder = await mkdtemp(join(tmpdir(), 'grantway-redis-connect-test-'));
    const tlsCa = join(folder, 'ca.pem');
    await writeFile(tlsCa, authority.certificate);
    const { tlsPort = 0 } = strict.server;
    const without = { port: tlsPort, tls: 'verify-full', tlsCa } as const;
    const tlsClient = await writeCertificate(await authority.issueClient('grantway'), folder, 'grantway');

    const upstream = await login({ database: { ...without, tlsClient } });
    const clients = await strict.admin.call('CLIENT', 'LIST', 'ID', upstream.pid);
    expect(String(clients)).toContain(` user=${redisLogin.login} `);
    // The server's word about it may be lost when it closes at once.
    await expect(login({ database: without })).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream_(refused_login|unreachable)$/),
    });
    await strict.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('gives up when the server says nothing in time', async () => {
    await expect(login({ database: await scripted('') })).rejects.toMatchObject({
      code: 'upstream_unreachable',
    });
  });

  test('is dialled only for the login of the permit', async () => {
    const database = testDatabase({ host: 'h', port: 1, engine: 'redis', upstreamName: '0' }, 'one');
    const asked = { database, password: undefined, settings: new Map(), connectTimeoutMs: 1, request: '' };
    await expect(
      redisEngine.connect(testPermit(database, 'one'), { ...asked, login: 'two' }),
    ).rejects.toThrow(TypeError);
  });
});

describe('TLS to the server', () => {
  const port = () => fixture.server.tlsPort ?? 0;

  test('is spoken from the first byte, and checked as configured', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grantway-redis-ca-'));
    const tlsCa = join(folder, 'ca.crt');
    await writeFile(tlsCa, authority.certificate);
    try {
      for (const tls of ['verify-full', 'verify-ca'] as const) {
        expect((await login({ database: { port: port(), tls, tlsCa } })).closed).toBe(false);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    expect((await login({ database: { port: port(), tls: 'require' } })).closed).toBe(false);
  });

  test('is not left out when the server has another authority, or no TLS', async () => {
    await expect(login({ database: { port: port(), tls: 'verify-full' } })).rejects.toMatchObject({
      code: 'upstream_untrusted',
    });
    await expect(login({ database: { tls: 'require' } })).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream_un/),
    });
  });
});

describe('an idle connection', () => {
  test('E04 is put back to what it was after the login', async () => {
    const upstream = await login({ settings: { name: 'app' }, database: { upstreamName: '2' } });
    const state = async () =>
      String(await fixture.admin.call('CLIENT', 'LIST', 'ID', upstream.pid)).match(
        / (user|name|db|resp)=\S*/g,
      );
    const before = await state();
    expect(await upstream.reset()).toBe('clean');
    expect(await state()).toEqual(before);
  });

  test('is dirty when the password was changed meanwhile', async () => {
    const upstream = await login();
    await fixture.admin.call('ACL', 'SETUSER', redisLogin.login, `<${redisLogin.password}`, '>changed');
    try {
      expect(await upstream.reset()).toBe('dirty');
      expect(upstream.closed).toBe(true);
    } finally {
      await fixture.admin.call('ACL', 'SETUSER', redisLogin.login, '<changed', `>${redisLogin.password}`);
    }
  });

  test('is of no use when the server ends it, or says something by itself', async () => {
    const killed = await login();
    const ended = new Promise<void>((resolve) => killed.onIdleEnd(resolve));
    await fixture.admin.call('CLIENT', 'KILL', 'ID', killed.pid);
    await ended;
    expect(killed.closed).toBe(true);
    expect(await killed.reset()).toBe('dirty');
  });
});
