import type { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type ManagedRedis,
  makeManagedRedis,
  managerRules,
  redisRoleManager,
} from '../../../../../../tests/support/managed-redis.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from '../../../../../../tests/support/redis.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';
import { Secret } from '../../../core/index.ts';

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

  test.for<[where: string, server: 'primary' | 'replica', right: string]>([
    ['before the replica has the new password', 'replica', 'acl|setuser'],
    ['before the primary has the new password', 'primary', 'acl|setuser'],
    ['when the primary has forgotten the old one', 'primary', 'acl|save'],
    ['when the replica has forgotten the old one', 'replica', 'acl|save'],
  ])('a rotation that ends %s leaves one password that both take [I04]', async ([, at, right]) => {
    const primary = await start();
    const replica = await start();
    const { username, password } = new URL(primary.server.adminUrl);
    await replica.admin.config('SET', 'masteruser', username, 'masterauth', password);
    await replica.admin.replicaof('127.0.0.1', primary.server.port);
    while (!(await primary.admin.info('replication')).includes('connected_slaves:1'));
    const sample = await makeManagedRedis(primary.server);
    await makeManager(sample, replica.admin);
    const { database, managerPassword } = sample;
    const role = sample.role('readonly');
    const set = (secret: Secret) => redisRoleManager.setPassword(database, managerPassword, role, secret);
    await redisRoleManager.apply(database, managerPassword);
    const [before, after] = [new Secret('before'), new Secret('after')];
    await set(before);

    const broken = { primary, replica }[at];
    const manager = database.manager?.login ?? '';
    await broken.admin.call('ACL', 'SETUSER', manager, `-${right}`);
    await expect(set(after)).rejects.toThrow(/NOPERM/);
    // Whichever of the two `accepts` says is good, which is what the vault then keeps.
    const settled = (await redisRoleManager.accepts(database, role, after)) ? after : before;
    for (const { server } of [primary, replica]) {
      const node = { ...database, port: server.port };
      expect(await redisRoleManager.accepts(node, role, settled)).toBe(true);
    }

    await broken.admin.call('ACL', 'SETUSER', manager, `+${right}`);
    await set(after);
    for (const { server } of [primary, replica]) {
      const node = { ...database, port: server.port };
      expect(await redisRoleManager.accepts(node, role, after)).toBe(true);
      expect(await redisRoleManager.accepts(node, role, before)).toBe(false);
    }
  });

  test('all nodes of a cluster, replicas too, get them, and one that is not there stops everything before the first change', async () => {
    const nodes = await Promise.all([1, 2, 3].map(() => start({ settings: { 'cluster-enabled': 'yes' } })));
    const [first, ...others] = nodes;
    if (first === undefined) throw new TypeError('three nodes');
    const sample = await makeManagedRedis(first.server);
    for (const { admin, server } of others) {
      await makeManager(sample, admin);
      await first.admin.call('CLUSTER', 'MEET', '127.0.0.1', server.port);
    }
    for (const { admin } of nodes) {
      for (;;) {
        const known = String(await admin.call('CLUSTER', 'NODES'));
        if (!known.includes('handshake') && known.trim().split('\n').length === 3) break;
      }
    }
    const firstId = String(await first.admin.call('CLUSTER', 'MYID'));
    await others[1]?.admin.call('CLUSTER', 'REPLICATE', firstId);
    while (!String(await first.admin.call('CLUSTER', 'NODES')).includes(`slave ${firstId}`));
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
    // The configuration may still name a node that was taken out long ago.
    const cluster = [{ host: '127.0.0.1', port: 1 }, ...nodes.map(({ server }) => server)];
    const { database, managerPassword } = sample;
    const named = { ...database, port: 1, cluster };
    expect(
      (await redisRoleManager.plan(named, managerPassword)).filter(({ byHand }) => byHand !== true),
    ).toEqual([]);
    const role = sample.role('readonly');
    expect(await redisRoleManager.accepts(named, role, new Secret('same everywhere'))).toBe(true);
  });
});
