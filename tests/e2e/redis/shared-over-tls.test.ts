import type { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../support/psql.ts';
import { cacheLogin, type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

let cache: RedisGateway;
let token: string;
beforeAll(async () => {
  cache = await startRedisGateway({
    tls: true,
    database: {
      pool: { mode: 'multiplexed', size: 12 },
      allowCommands: ['EVAL', 'EVALSHA', 'FCALL', 'SCRIPT LOAD'],
      roles: {
        readwrite: {
          login: cacheLogin('readwrite'),
          grants: ['write', '~*', '&*', '+eval', '+evalsha', '+fcall', '+script|load'],
          allow: { groups: ['editor'] },
        },
        readonly: { login: cacheLogin('readonly'), grants: 'read', allow: 'everyone' },
      },
    },
  });
  token = await cache.token('editor', 'readwrite');
  await cache.admin.call(
    'FUNCTION',
    'LOAD',
    "#!lua name=lib\nredis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)",
  );
});
afterAll(() => cache?.stop());

/** How many connections the server has from the gateway, by what it knows of them. */
async function connections(): Promise<readonly string[]> {
  const list = String(await cache.admin.client('LIST'));
  return list.split('\n').filter((line) => line.includes(`user=${cacheLogin('readwrite')}`));
}

async function nodeRedis(options: { readonly caching?: boolean } = {}) {
  const client = createClient({
    url: `redis://127.0.0.1:${cache.port}`,
    username: 'me',
    password: token,
    RESP: 3,
    socket: { reconnectStrategy: false },
    ...(options.caching ? { clientSideCache: { ttl: 0, maxEntries: 100, evictPolicy: 'LRU' as const } } : {}),
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

describe('clients that share a connection over TLS', () => {
  test('use one, which the server knows to be encrypted', async () => {
    const clients = await Promise.all([1, 2, 3, 4].map(() => cache.client(token)));
    for (const [at, client] of clients.entries()) expect(await client.set(`k${at}`, 'v')).toBe('OK');
    const known = await connections();
    expect(known).toHaveLength(1);
    const { port = 0 } = cache.server;
    expect(known.join()).not.toContain(`laddr=127.0.0.1:${port} `);
    for (const client of clients) client.disconnect();
  });

  test('node-redis hears that what it keeps has changed, and nobody else hears of it', async () => {
    const other = await cache.client(token);
    const client = await nodeRedis({ caching: true });
    await cache.admin.set('cached', 'old');
    expect(await client.get('cached')).toBe('old');
    expect(await client.get('cached')).toBe('old');
    await cache.admin.set('cached', 'new');
    while ((await client.get('cached')) !== 'new') expect(await other.get('k0')).toBe('v');
    expect(await other.ping()).toBe('PONG');
    client.destroy();
    other.disconnect();
  });

  test('node-redis listens to a channel of a shard, and to a pattern, beside other commands in RESP3', async () => {
    const client = await nodeRedis();
    const { promise: sharded, resolve: onSharded } = Promise.withResolvers<string>();
    const { promise: matched, resolve: onMatched } = Promise.withResolvers<string>();
    await client.sSubscribe('shard', onSharded);
    await client.pSubscribe('news.*', onMatched);
    const publisher = await cache.client(token);
    await publisher.spublish('shard', 'one');
    await publisher.publish('news.today', 'two');
    expect([await sharded, await matched]).toEqual(['one', 'two']);
    expect(await client.set('beside', '1')).toBe('OK');
    await client.sUnsubscribe('shard');
    await client.pUnsubscribe();
    expect(await client.get('beside')).toBe('1');
    client.destroy();
    publisher.disconnect();
  });

  test('ioredis waits for a stream while others go on, and calls scripts and functions that the policy allows', async () => {
    const [waiting, other] = [await cache.client(token), await cache.client(token)];
    const read = waiting.xread('BLOCK', 0, 'STREAMS', 'events', '$');
    while (!(await connections()).some((line) => line.includes('cmd=xread'))) await other.ping();
    await other.xadd('events', '*', 'kind', 'signup');
    expect(await read).toEqual([['events', [[expect.any(String), ['kind', 'signup']]]]]);
    other.defineCommand('put', { numberOfKeys: 1, lua: "return redis.call('SET', KEYS[1], ARGV[1])" });
    expect(await (other as Redis & { put(key: string, value: string): Promise<string> }).put('s', '1')).toBe(
      'OK',
    );
    expect(await other.fcall('put', 1, 'f', '2')).toBe('OK');
    expect(await cache.admin.mget('s', 'f')).toEqual(['1', '2']);
    await expect(other.call('FUNCTION', 'FLUSH')).rejects.toThrow(/^NOPERM/);
    const reader = await cache.client(await cache.token('viewer', 'readonly'));
    await expect(reader.eval('return 1', 0)).rejects.toThrow(/^NOPERM/);
    for (const client of [waiting, other, reader]) client.disconnect();
  });

  test('redis-cli runs a script, and listens in RESP3', async () => {
    const environment = { PATH: process.env.PATH, REDISCLI_AUTH: token };
    const cli = async (...words: readonly string[]) =>
      await runProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(cache.port), ...words], environment);
    expect((await cli('EVAL', 'return KEYS[1]', '1', 'k')).stdout).toBe('k');
    expect((await cli('-3', 'HGETALL', 'nothing')).stdout).toBe('');
    expect((await cli('EVAL_RO', 'return 1', '0')).stdout).toMatch(/^NOPERM EVAL_RO is not offered/);
  });

  test('redis-py reads a stream that it waits for, registers a script, and listens', async () => {
    const program = `
import os, threading, redis
def connect():
    return redis.Redis(host="127.0.0.1", port=int(os.environ["PORT"]), username="me", password=os.environ["TOKEN"], decode_responses=True)
r = connect()
found = []
waiter = threading.Thread(target=lambda: found.append(connect().xread({"py": "0"}, block=0)))
waiter.start()
r.xadd("py", {"f": "v"})
waiter.join()
print(found[0][0][1][0][1])
print(r.register_script("return redis.call('INCR', KEYS[1])")(keys=["py:count"]))
p = r.pubsub()
p.subscribe("py.news")
heard = p.listen()
print(next(heard)["type"])
r.publish("py.news", "hello")
print(next(heard)["data"])
`;
    const end = await runProgram('/usr/bin/python3', ['-c', program], {
      PATH: process.env.PATH,
      PORT: String(cache.port),
      TOKEN: token,
    });
    expect(end.stderr).toBe('');
    expect(end.stdout.split('\n')).toEqual(["{'f': 'v'}", '1', 'subscribe', 'hello']);
  });
});
