import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { awsEnvironment } from '../../../../../../tests/support/aws.ts';
import { testDatabase, testPermit } from '../../../../../../tests/support/engine-door.ts';
import { command, RawRedis } from '../../../../../../tests/support/raw-redis.ts';
import { RedisFixture, redisEngine } from '../../../../../../tests/support/redis-fixture.ts';
import { type CloudAccess, Refusal, Secret } from '../../../core/index.ts';
import type { LoginRenewal } from '../../engine.ts';
import { RedisUpstream } from '../upstream.ts';
import { CloudLogins } from './cloud-logins.ts';

afterEach(() => vi.unstubAllEnvs());

const quiet = () => {};

function grantee(cloud: CloudAccess) {
  const database = testDatabase({ host: 'cache', port: 6379, engine: 'redis', cloud }, 'app-user');
  return testPermit(database, 'app-user');
}

async function first(logins: CloudLogins, cloud: CloudAccess) {
  for await (const candidate of logins.candidates(grantee(cloud), 'request')) return candidate;
  throw new Error('nobody issued a password');
}

/** Answers as a cloud's token endpoint does, and counts. There is no such endpoint outside of a cloud. */
async function startEndpoint(answer: (request: IncomingMessage, count: number) => object) {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    response.setHeader('metadata-flavor', 'Google');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(request, count)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    host: `127.0.0.1:${address.port}`,
    get count() {
      return count;
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe('a password of AWS', () => {
  const now = Date.UTC(2026, 10, 21, 6);
  const clock = { now: () => now, monotonic: () => 0 };

  test.each([
    ['elasticache', false],
    ['elasticache', true],
    ['memorydb', false],
  ] as const)(
    'is a connect request to %s (serverless: %s) that AWS would find rightly signed',
    async (kind, serverless) => {
      for (const [name, value] of Object.entries(awsEnvironment)) vi.stubEnv(name, value);
      const cloud = { kind, region: 'eu-central-1', name: 'sessions', serverless };
      const { login, password, renewal } = await first(new CloudLogins(clock, quiet), cloud);
      const url = new URL(`http://${password.reveal()}`);
      const query = Object.fromEntries(url.searchParams);
      expect(login).toBe('app-user');
      expect(url.host).toBe('sessions');
      expect(query).toMatchObject({ Action: 'connect', User: 'app-user', 'X-Amz-Expires': '900' });
      expect(query.ResourceType).toBe(serverless ? 'ServerlessCache' : undefined);
      expect(query['X-Amz-Credential']).toBe(`AKIDGRANTWAYTEST/20261121/eu-central-1/${kind}/aws4_request`);
      expect(await recomputed(query, kind)).toBe(query['X-Amz-Signature']);
      expect(renewal.dueAt - now).toBe(11 * 3_600_000);
    },
  );

  /** The signature as SigV4 says, from the parts of the request. */
  async function recomputed(query: Record<string, string>, service: string): Promise<string> {
    const { createHash, createHmac } = await import('node:crypto');
    const encode = (text: string) => encodeURIComponent(text).replaceAll('*', '%2A');
    const canonicalQuery = Object.keys(query)
      .filter((key) => key !== 'X-Amz-Signature')
      .sort()
      .map((key) => `${encode(key)}=${encode(query[key] ?? '')}`)
      .join('&');
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const canonical = ['GET', '/', canonicalQuery, 'host:sessions', '', 'host', hash('')].join('\n');
    const scope = `20261121/eu-central-1/${service}/aws4_request`;
    const toSign = ['AWS4-HMAC-SHA256', '20261121T060000Z', scope, hash(canonical)].join('\n');
    let key: Buffer = Buffer.from(`AWS4${awsEnvironment.AWS_SECRET_ACCESS_KEY}`);
    for (const part of ['20261121', 'eu-central-1', service, 'aws4_request', toSign]) {
      key = createHmac('sha256', key).update(part).digest();
    }
    return key.toString('hex');
  }

  test('that cannot be renewed is told to the operator once for all sessions, until one could be', async () => {
    for (const [name, value] of Object.entries(awsEnvironment)) vi.stubEnv(name, value);
    const told: [message: string, cause: string][] = [];
    const logins = new CloudLogins(clock, (message, cause) => void told.push([message, String(cause)]));
    const cloud = { kind: 'memorydb', region: 'eu-central-1', name: 'sessions', serverless: false } as const;
    const { renewal } = await first(logins, cloud);
    const { renewal: another } = await first(logins, cloud);
    renewal.failed(new Refusal('upstream_refused_login', { request: '' }, new Error('the cloud is away')));
    another.failed(new Error('WRONGPASS'));
    renewal.failed(new Error('WRONGPASS'));
    const message =
      'sessions of "app-user" on "testdb" cannot be signed in again; they end when their password does';
    expect(told).toEqual([[message, 'Error: the cloud is away']]);
    another.succeeded();
    renewal.failed(new Error('WRONGPASS'));
    expect(told.slice(1)).toEqual([[message, 'Error: WRONGPASS']]);
  });

  test('that cannot be had is refused, with the cause for the log', async () => {
    for (const [name, value] of Object.entries(awsEnvironment)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
    const cloud = { kind: 'memorydb', region: 'eu-central-1', name: 'sessions', serverless: false } as const;
    const refused = await first(new CloudLogins(clock, quiet), cloud).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: 'upstream_refused_login' });
  });
});

describe('a password of Google', () => {
  test('is an access token, asked for once however many ask, and again when it is about to end', async () => {
    const endpoint = await startEndpoint((_, count) => ({
      access_token: `token-${count}`,
      expires_in: 3600,
      token_type: 'Bearer',
    }));
    vi.stubEnv('GCE_METADATA_HOST', endpoint.host);
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present');
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '');
    vi.stubEnv('HOME', '/nonexistent');
    let now = Date.now();
    const logins = new CloudLogins({ now: () => now, monotonic: () => 0 }, quiet);
    const cloud = { kind: 'memorystore' } as const;
    const all = await Promise.all(Array.from({ length: 10 }, () => first(logins, cloud)));
    const [one] = all;
    expect(new Set(all.map(({ password }) => password.reveal())).size).toBe(1);
    expect(one?.renewal.dueAt).toBeLessThan(now + 3_600_000);
    now += 3_600_000;
    const later = await one?.renewal.next();
    expect(later?.password.reveal()).not.toBe(one?.password.reveal());
    await endpoint.stop();
  });
});

describe('a password of Azure', () => {
  test('is a token for Redis of the identity that the process has', async () => {
    const asked: string[] = [];
    const endpoint = await startEndpoint((request) => {
      asked.push(request.url ?? '');
      return {
        access_token: 'azure-token',
        expires_on: String(Math.floor(Date.now() / 1000) + 7200),
        resource: 'https://redis.azure.com',
        token_type: 'Bearer',
      };
    });
    vi.stubEnv('IDENTITY_ENDPOINT', `http://${endpoint.host}/token`);
    vi.stubEnv('IDENTITY_HEADER', 'header');
    const { password, login } = await first(new CloudLogins({ now: Date.now, monotonic: () => 0 }, quiet), {
      kind: 'azure',
    });
    expect([login, password.reveal()]).toEqual(['app-user', 'azure-token']);
    expect(asked.some((url) => url.includes(encodeURIComponent('https://redis.azure.com')))).toBe(true);
    await endpoint.stop();
  });
});

describe.each([2, 3] as const)('a live connection in RESP%i whose password ends', (protocol) => {
  let fixture: RedisFixture;
  beforeAll(async () => {
    fixture = await RedisFixture.start({ acl: ['user cloud_app on >p0 ~* &* +@all'] });
  });
  afterAll(() => fixture.stop());

  test('is signed in again and again between its commands, and its client sees only its own replies', async () => {
    let issued = 0;
    // Stands for the cloud: the server is told each password right before it is given out, and takes no older one.
    const renewal = (): LoginRenewal => ({
      dueAt: 0,
      endsAt: Date.now() + 3_600_000,
      failed: () => {},
      succeeded: () => {},
      async next() {
        issued += 1;
        const password = new Secret(`p${issued}`);
        await fixture.admin.call('ACL', 'SETUSER', 'cloud_app', 'resetpass', `>p${issued}`);
        return {
          password,
          renewal: issued > 30 ? { ...renewal(), dueAt: Date.now() + 3_600_000 } : renewal(),
        };
      },
    });
    const door = await openDoor(fixture, renewal());
    const client = await RawRedis.connect({ port: door.port, password: 'token', protocol });

    const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
    const value = 'v'.repeat(100_000);
    for (let round = 0; issued <= 30; round += 1) {
      const set = command('SET', `k${round}`, value);
      client.write(set.slice(0, 60_000));
      client.write(set.slice(60_000));
      const tags = Array.from({ length: 20 }, (_, at) => `${round}:${at}`);
      client.write(tags.map((tag) => command('ECHO', tag)).join(''));
      client.write(command('MULTI') + command('ECHO', 'in') + command('EXEC'));
      expect(await client.readMany(24)).toEqual([
        '+OK\r\n',
        ...tags.map(bulk),
        '+OK\r\n',
        '+QUEUED\r\n',
        `*1\r\n${bulk('in')}`,
      ]);
    }
    // The last one is in, and no other on its way.
    while ((door.upstream()?.renewal?.dueAt ?? 0) === 0) await client.call('PING');
    expect(await client.call('ACL', 'WHOAMI')).toBe(bulk('cloud_app'));
    client.send('QUIT');
    expect(await client.readMany(2)).toEqual(['+OK\r\n', 'ended']);
    // The last password was taken over, too: a reset signs in with it.
    expect(await door.served).toBe('clean');
    await fixture.admin.call('ACL', 'SETUSER', 'cloud_app', 'resetpass', '>p0');
    door.close();
  });

  test.each<[how: string, next: LoginRenewal['next']]>([
    ['there is no password', () => Promise.reject(new Error('the cloud is away'))],
    [
      'the server refuses it',
      async () => ({ password: new Secret('wrong'), renewal: renewable({ dueAt: Date.now() + 3_600_000 }) }),
    ],
  ])('ends with a word when its time is over and %s', async (_, next) => {
    const failures: string[] = [];
    const endsAt = Date.now() + 1_500;
    const door = await openDoor(
      fixture,
      renewable({ endsAt, next, failed: (cause) => void failures.push(String(cause)) }),
    );
    const [subscribed, idle] = [
      await RawRedis.connect({ port: door.port, password: 'token', protocol }),
      await RawRedis.connect({ port: door.port, password: 'token', protocol }),
    ];
    await subscribed.call('SUBSCRIBE', 'news');
    expect(await idle.call('PING')).toBe('+PONG\r\n');
    for (const client of [subscribed, idle]) {
      expect(await client.readMany(2)).toEqual([
        `-ERR ${new Refusal('upstream_login_ended').message}\r\n`,
        'ended',
      ]);
    }
    expect(Date.now()).toBeGreaterThanOrEqual(endsAt);
    expect(failures[0]).toMatch(/the cloud is away|WRONGPASS/);
    door.close();
  });
});

/** A renewal that is due at once, and for the rest as it is said. */
function renewable(given: Partial<LoginRenewal>): LoginRenewal {
  return {
    dueAt: 0,
    endsAt: Date.now() + 3_600_000,
    next: () => Promise.reject(new Error('nothing here')),
    failed: () => {},
    succeeded: () => {},
    ...given,
  };
}

/** Sessions as the user whose password a cloud would issue. */
async function openDoor({ server: { host, port } }: RedisFixture, renewal: LoginRenewal) {
  const database = testDatabase({ host, port, engine: 'redis', upstreamName: '0' }, 'cloud_app');
  const { promise: served, resolve, reject } = Promise.withResolvers<'clean' | 'dirty'>();
  let connected: RedisUpstream | undefined;
  const server = createTcpServer({ noDelay: true }, (socket) => void serve(socket).then(resolve, reject));
  async function serve(socket: Socket): Promise<'clean' | 'dirty'> {
    const accepted = await redisEngine.accept(socket, { name: 'redis', clearTextAllowed: true });
    if (accepted.kind !== 'login') throw new Error(accepted.kind);
    const upstream = await redisEngine.connect(testPermit(database, 'cloud_app'), {
      database,
      login: 'cloud_app',
      password: new Secret('p0'),
      renewal,
      settings: accepted.client.settings,
      connectTimeoutMs: 5_000,
      request: 'request',
    });
    if (upstream instanceof RedisUpstream) connected = upstream;
    accepted.client.welcome(upstream, accepted.client.mintCancelKey());
    const relay = redisEngine.relay(accepted.client, upstream, {
      wantsParameters: false,
      finished: () => {},
    });
    const { idle } = await relay.ended;
    const outcome = idle ? await upstream.reset() : 'dirty';
    upstream.close();
    return outcome;
  }
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    port: address.port,
    upstream: () => connected,
    /** How the first session left its connection. */
    served,
    close: () => void server.close(),
  };
}
