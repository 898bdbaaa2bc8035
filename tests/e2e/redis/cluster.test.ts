import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { managerRules } from '../../support/managed-redis.ts';
import { type ProgramEnd, runProgram } from '../../support/psql.ts';
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.ts';

let cluster: RedisCluster;
let gateway: TestGateway;
let port: number;
let token: string;
beforeAll(async () => {
  cluster = await startRedisCluster();
  await cluster.atEveryNode('ACL', 'SETUSER', 'manager', 'on', '>manager-password', ...managerRules);
  port = await freePort();
  gateway = await startGateway({
    listen: { redis: `127.0.0.1:${port}` },
    env: { TEST_MANAGER: 'manager-password' },
    databases: {
      cache: {
        engine: 'redis',
        cluster: cluster.nodes.map((node) => `127.0.0.1:${node.port}`),
        tls: 'off',
        manager: { login: 'manager', password: 'env:TEST_MANAGER' },
        roles: { writer: { login: 'cache_writer', grants: 'write', allow: 'everyone' } },
      },
    },
  });
  await gateway.operator('roles', 'apply', 'cache');
  token = (await gateway.tokens('viewer', { scope: 'db:cache' })).accessToken;
}, 120_000);
afterAll(async () => {
  await gateway?.stop();
  await cluster?.stop();
});

const clients: { disconnect(): unknown }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await cluster.clean();
});

/** One on each node. */
const keys = ['foo', 'bar', 'c'] as const;

function ioredis(): Redis {
  const client = new Redis({ host: '127.0.0.1', port, password: token, enableReadyCheck: false });
  client.on('error', () => {});
  clients.push(client);
  return client;
}

const cli = async (...words: readonly string[]): Promise<ProgramEnd> =>
  await runProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...words], {
    PATH: process.env.PATH,
    REDISCLI_AUTH: token,
  });

const python = async (program: string): Promise<ProgramEnd> =>
  await runProgram('/usr/bin/python3', ['-c', `import os, redis\n${program}`], {
    PATH: process.env.PATH,
    PORT: String(port),
    TOKEN: token,
  });

describe('a cluster behind the one endpoint', () => {
  test.each(['-2', '-3', '-c'])('is one server to redis-cli %s', async (flag) => {
    for (const key of keys) expect((await cli(flag, 'SET', key, `of ${key}`)).stdout).toBe('OK');
    for (const key of keys) expect((await cli(flag, 'GET', key)).stdout).toBe(`of ${key}`);
    expect((await cli(flag, 'DBSIZE')).stdout).toBe('3');
  });

  test('is one server to redis-py: pipelines over the nodes, transactions, keys of one slot', async () => {
    const end = await python(`
r = redis.Redis(host="127.0.0.1", port=int(os.environ["PORT"]), password=os.environ["TOKEN"], decode_responses=True)
with r.pipeline(transaction=False) as p:
    for key in ["foo", "bar", "c"]:
        p.set(key, key).get(key)
    print(p.execute())
with r.pipeline() as p:
    print(p.incr("{n}1").incr("{n}1").execute())
print(sorted(r.scan_iter()), r.dbsize())
`);
    expect(end.stderr).toBe('');
    expect(end.stdout.split('\n')).toEqual([
      "[True, 'foo', True, 'bar', True, 'c']",
      '[1, 2]',
      "['bar', 'c', 'foo', '{n}1'] 4",
    ]);
  });

  test('is one server to ioredis and node-redis', async () => {
    const client = ioredis();
    const pipeline = client.pipeline();
    for (const key of keys) pipeline.set(key, key).get(key);
    expect((await pipeline.exec())?.map(([, reply]) => reply)).toEqual(keys.flatMap((key) => ['OK', key]));
    const other = createClient({ socket: { host: '127.0.0.1', port }, password: token });
    other.on('error', () => {});
    await other.connect();
    expect(await Promise.all(keys.map((key) => other.get(key)))).toEqual([...keys]);
    expect(await other.multi().incr('n').incr('n').exec()).toEqual([1, 2]);
    other.destroy();
  });
});

test('a session on every node goes on after what all of them refuse', async () => {
  const client = ioredis();
  for (const key of keys) await client.get(key);
  await expect(client.call('CLIENT', 'SETINFO', 'LIB-NOTHING', 'x')).rejects.toThrow(/SETINFO|option/i);
  expect(await client.get('foo')).toBeNull();
});

describe('a client in its cluster mode', () => {
  test.each(['SLOTS', 'SHARDS', 'NODES'])('is told by CLUSTER %s to leave it', async (subcommand) => {
    expect((await cli('CLUSTER', subcommand)).stdout).toBe(
      `NOPERM CLUSTER ${subcommand} is not offered through Grantway, which shows one server: use the client without its cluster mode.`,
    );
  });

  test('of ioredis stops without a list of the nodes', async () => {
    const client = new Cluster([{ host: '127.0.0.1', port }], {
      redisOptions: { password: token },
      clusterRetryStrategy: () => null,
    });
    clients.push(client);
    const told: unknown[] = [];
    client.on('error', (failure: unknown) => told.push(failure));
    client.on('node error', (failure: unknown) => told.push(failure));
    await expect.poll(() => told.join('\n'), { timeout: 10_000 }).toContain('Failed to refresh slots cache');
  });

  test('of node-redis stops without a list of the nodes', async () => {
    const client = createCluster({
      rootNodes: [{ socket: { host: '127.0.0.1', port } }],
      defaults: { password: token },
    });
    client.on('error', () => {});
    const failure: unknown = await client.connect().catch((thrown: unknown) => thrown);
    expect(`${failure} ${failure instanceof Error ? failure.cause : ''}`).toMatch(/cluster|root nodes/i);
    client.destroy();
  });

  test('of redis-py stops without a list of the nodes', async () => {
    const end = await python(`
try:
    redis.RedisCluster(host="127.0.0.1", port=int(os.environ["PORT"]), password=os.environ["TOKEN"])
except Exception as failure:
    seen = failure
    while seen is not None:
        print(seen)
        seen = seen.__cause__ or seen.__context__
`);
    expect(end.stdout).toContain('cluster slots');
  });
});

describe('under traffic', () => {
  const counters = Array.from({ length: 6 }, (_, index) => `{slot ${index}}`);

  /** Counts until `stopped`; gives how often each counter was told to be raised. */
  async function count(client: Redis, stopped: () => boolean): Promise<number> {
    let rounds = 0;
    while (!stopped()) {
      const pipeline = client.pipeline();
      for (const counter of counters) pipeline.incr(`${counter}a`).incr(`${counter}b`);
      for (const counter of counters) pipeline.mget(`${counter}a`, `${counter}b`);
      const replies = (await pipeline.exec()) ?? [];
      // A move that takes longer than our patience is told for the pair that it has cut, and for nothing else.
      const failed = replies.flatMap(([failure]) => (failure === null ? [] : [failure.message]));
      expect(failed.filter((message) => !message.startsWith('TRYAGAIN '))).toEqual([]);
      rounds += 1;
    }
    return rounds;
  }

  test('slots move, and no command is lost, doubled or refused', { timeout: 60_000 }, async () => {
    let moved = false;
    const client = ioredis();
    for (const counter of counters) await client.mset(`${counter}a`, 0, `${counter}b`, 0);
    const counting = [ioredis(), ioredis(), ioredis()].map((client) => count(client, () => moved));
    for (const counter of counters) {
      const migration = await cluster.beginMigration(counter);
      const [asked, putOff] = [await migration.errors('ASK'), await migration.errors('TRYAGAIN')];
      // One of the two keys: the pair is half moved until somebody has met it.
      await migration.moveKeys(`${counter}a`);
      while ((await migration.errors('ASK')) === asked);
      while ((await migration.errors('TRYAGAIN')) === putOff);
      await migration.all();
    }
    moved = true;
    const rounds = (await Promise.all(counting)).reduce((sum, one) => sum + one, 0);
    for (const counter of counters) {
      expect(await client.mget(`${counter}a`, `${counter}b`)).toEqual([String(rounds), String(rounds)]);
    }
  });

  test('a primary is lost, and clients go on with its successor', { timeout: 60_000 }, async () => {
    const client = ioredis();
    let lost = false;
    let since = 0;
    const working = (async () => {
      // A round that all three nodes answered after the successor was chosen.
      while (since === 0) {
        const raised = await Promise.allSettled(keys.map((key) => client.incr(key)));
        if (lost && raised.every(({ status }) => status === 'fulfilled')) since += 1;
      }
    })();
    await cluster.failOver();
    lost = true;
    await working;
    expect((await cli('SET', 'foo', 'here')).stdout).toBe('OK');
    expect((await cli('GET', 'foo')).stdout).toBe('here');
  });
});
