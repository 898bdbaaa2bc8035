import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeAuthority } from '../../../../../../tests/support/certificates.ts';
import {
  makeManagedRedis,
  managerRules,
  redisRoleManager,
} from '../../../../../../tests/support/managed-redis.ts';
import { type RedisPair, startRedisPair } from '../../../../../../tests/support/redis-pair.ts';
import {
  startSentinels,
  type TestSentinels,
  watchedName,
} from '../../../../../../tests/support/redis-sentinels.ts';
import { type Database, Secret } from '../../../core/index.ts';

const asker = { user: 'asker', password: 'where-is-the-primary' };

describe('Sentinels that take TLS and a password alone, before servers that take TLS', () => {
  let folder: string;
  let pair: RedisPair;
  let sentinels: TestSentinels;
  let database: Pick<Database, 'host' | 'port' | 'tls' | 'tlsCa' | 'sentinels'>;

  beforeAll(async () => {
    vi.stubEnv('TEST_SENTINEL_PASSWORD', asker.password);
    const authority = await makeAuthority();
    const tls = {
      certificate: await authority.issue(['localhost', '127.0.0.1']),
      authority: authority.certificate,
    };
    folder = await mkdtemp(join(tmpdir(), 'grantway-sentinels-'));
    const tlsCa = join(folder, 'ca.crt');
    await writeFile(tlsCa, authority.certificate);
    pair = await startRedisPair({ tls });
    const { host, tlsPort = 0 } = pair.primary.server;
    const { watcher } = pair;
    sentinels = await startSentinels({ primary: { host, port: tlsPort }, watcher, asker, tls });
    await sentinels.haveFoundEachOther();
    const { addresses } = sentinels;
    const account = { login: asker.user, password: 'env:TEST_SENTINEL_PASSWORD' };
    database = {
      host,
      port: addresses[0]?.port ?? 0,
      tls: 'verify-full',
      tlsCa,
      sentinels: { primary: watchedName, addresses, account },
    };
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await sentinels.stop();
    await pair.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('lead a session to the primary', async () => {
    const door = await pair.primary.open({ database });
    const client = await pair.primary.raw(door);
    expect(await client.pipeline(['SET', 'a', '1'])).toEqual(['+OK\r\n']);
    expect(await pair.primary.admin.get('a')).toBe('1');
  });

  test.each<[what: string, change: Partial<Database>, cause: RegExp]>([
    [
      'a wrong password',
      { sentinels: withAccount({ login: asker.user, password: 'env:PATH' }) },
      /WRONGPASS/,
    ],
    [
      'a password that is not there',
      { sentinels: withAccount({ password: 'env:TEST_UNSET' }) },
      /TEST_UNSET/,
    ],
    ['no account', { sentinels: withAccount(undefined) }, /NOAUTH/],
    ['nobody to trust', { tlsCa: '/nowhere' }, /ENOENT/],
  ])('lead nowhere with %s, and the log says why', async (_, change, cause) => {
    const { addresses = [] } = database.sentinels ?? {};
    const { sentinels: changed, ...others } = change;
    const door = await pair.primary.open({
      database: {
        ...database,
        ...others,
        ...(changed === undefined ? {} : { sentinels: { ...changed, addresses } }),
      },
    });
    const client = new Redis({
      host: '127.0.0.1',
      port: door.port,
      password: 'token',
      retryStrategy: null,
      lazyConnect: true,
    });
    client.on('error', () => {});
    await expect(client.connect()).rejects.toThrow();
    client.disconnect();
    expect(door.refusals).toMatchObject([{ code: 'upstream_unreachable' }]);
    expect(String(door.refusals[0]?.cause)).toMatch(cause);
  });

  test('are asked for every server, so that managed roles are made and looked at on the replica too', async () => {
    const sample = await makeManagedRedis(pair.primary.server);
    const managed = { ...sample.database, ...database };
    const login = managed.manager?.login ?? '';
    const apply = () => redisRoleManager.apply(managed, sample.managerPassword);

    await expect(apply()).rejects.toThrow(/manager account "\S+" cannot connect .* WRONGPASS/);
    const roleLogin = sample.role('readonly').login;
    expect(await pair.primary.admin.call('ACL', 'GETUSER', roleLogin)).toBeNull();

    await pair.replica.admin.call(
      ...(['ACL', 'SETUSER', login, 'on', `>${sample.managerPassword.reveal()}`] as const),
      ...managerRules,
    );
    const done = await apply();
    for (const { server } of [pair.primary, pair.replica])
      expect(done.filter(({ because }) => because.startsWith(`127.0.0.1:${server.tlsPort}: `))).toHaveLength(
        4,
      );
    expect(
      (await redisRoleManager.plan(managed, sample.managerPassword)).filter((step) => !step.byHand),
    ).toEqual([]);
    expect(await pair.replica.admin.call('ACL', 'GETUSER', roleLogin)).not.toBeNull();

    const password = new Secret('same-everywhere');
    const role = sample.role('readonly');
    await redisRoleManager.setPassword(managed, sample.managerPassword, role, password);
    expect(await redisRoleManager.accepts(managed, role, password)).toBe(true);
    expect(await redisRoleManager.accepts(managed, role, new Secret('another'))).toBe(false);
    for (const { server } of [pair.primary, pair.replica]) {
      const { sentinels: _, ...alone } = { ...managed, port: server.tlsPort ?? 0 };
      expect(await redisRoleManager.accepts(alone, role, password)).toBe(true);
    }

    await pair.replica.admin.call('ACL', 'SETUSER', 'guest', 'on', 'nopass');
    const found = await redisRoleManager.examine(managed, sample.managerPassword);
    const there = { meaning: expect.stringContaining(`:${pair.replica.server.tlsPort}: `) };
    expect(found.filter(({ meaning }) => meaning.includes('guest'))).toMatchObject([
      { code: 'user_without_password', ...there },
      { code: 'user_unknown', ...there },
    ]);
  });

  test('that cannot be reached are what an operator is told', async () => {
    const sample = await makeManagedRedis(pair.primary.server);
    const managed = {
      ...sample.database,
      ...database,
      sentinels: { primary: watchedName, addresses: [{ host: '127.0.0.1', port: 1 }] },
    };
    await expect(redisRoleManager.plan(managed, sample.managerPassword)).rejects.toThrow(
      /No Sentinel of "\S+" says where its servers are: .*ECONNREFUSED/,
    );
  });
});

function withAccount(account: { readonly login?: string; readonly password: string } | undefined) {
  return { primary: watchedName, addresses: [], ...(account === undefined ? {} : { account }) };
}
