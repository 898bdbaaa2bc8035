import type { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type ManagedRedis,
  makeManagedRedis,
  managerRules,
} from '../../../../../../tests/support/managed-redis.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from '../../../../../../tests/support/redis.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';
import { Secret } from '../../../core/index.ts';
import { redisRoleManager } from './index.ts';

describe.for(redisVersions)('managed roles on several servers of version %s', (version) => {
  const servers: TestRedis[] = [];
  const clients: Redis[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  const start = async (options: TestRedisOptions = {}) => {
    const server = await startRedis({ ...options, version });
    const admin = await server.adminClient();
    servers.push(server);
    clients.push(admin);
    return { server, admin };
  };

  /** Makes the manager account of a sample on another server too. */
  const makeManager = async ({ database, managerPassword }: ManagedRedis, admin: Redis) =>
    await admin.call(
      ...(['ACL', 'SETUSER', database.manager?.login ?? '', 'reset', 'on'] as const),
      `>${managerPassword.reveal()}`,
      ...managerRules,
    );

  const expectOn = async (sample: ManagedRedis, there: readonly { server: TestRedis }[]) => {
    const { database, managerPassword } = sample;
    const done = await redisRoleManager.apply(database, managerPassword);
    for (const { server } of there) {
      expect(done.filter(({ because }) => because.startsWith(`127.0.0.1:${server.port}: `))).toHaveLength(4);
    }
    expect(done).toHaveLength(4 * there.length);
    const left = await redisRoleManager.plan(database, managerPassword);
    expect(left.filter(({ byHand }) => byHand !== true)).toEqual([]);

    const role = sample.role('readonly');
    const password = new Secret('same everywhere');
    await redisRoleManager.setPassword(database, managerPassword, role, password);
    for (const { server } of there) {
      const node = { ...database, port: server.port };
      expect(await redisRoleManager.accepts(node, role, password)).toBe(true);
    }
  };

  test('a primary and its replicas all get them, whichever of them the configuration names', async () => {
    const primary = await start();
    const replicas = [await start(), await start()];
    for (const { admin } of replicas) {
      const { username, password } = new URL(primary.server.adminUrl);
      await admin.config('SET', 'masteruser', username);
      await admin.config('SET', 'masterauth', password);
      await admin.replicaof('127.0.0.1', primary.server.port);
    }
    for (;;) {
      const info = await primary.admin.info('replication');
      if (info.includes('connected_slaves:2')) break;
    }
    const [first] = replicas;
    for (const named of [primary, first]) {
      if (named === undefined) throw new TypeError('two replicas');
      const sample = await makeManagedRedis(named.server);
      for (const { admin } of [primary, ...replicas]) await makeManager(sample, admin);
      await expectOn(sample, [primary, ...replicas]);
    }
  });

  test('all nodes of a cluster get them, and one that is not there stops everything before the first change', async () => {
    const nodes = await Promise.all([1, 2, 3].map(() => start({ settings: { 'cluster-enabled': 'yes' } })));
    const [first, ...others] = nodes;
    if (first === undefined) throw new TypeError('three nodes');
    const sample = await makeManagedRedis(first.server);
    for (const { admin, server } of others) {
      await makeManager(sample, admin);
      await first.admin.call('CLUSTER', 'MEET', '127.0.0.1', server.port);
    }
    for (;;) {
      const known = String(await first.admin.call('CLUSTER', 'NODES'));
      if (!known.includes('handshake') && known.trim().split('\n').length === 3) break;
    }
    await others[0]?.admin.call('ACL', 'DELUSER', sample.database.manager?.login ?? '');
    const apply = redisRoleManager.apply(sample.database, sample.managerPassword);
    await expect(apply).rejects.toThrow(
      /The manager account "\S+" cannot connect to "\S+" at 127\.0\.0\.1:\d+: WRONGPASS/,
    );
    for (const { admin } of nodes) {
      expect(await admin.call('ACL', 'GETUSER', sample.role('readonly').login)).toBeNull();
    }
    for (const { admin } of others) await makeManager(sample, admin);
    await expectOn(sample, nodes);
  });
});
