import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../support/psql.ts';
import { cacheLogin, type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

let cache: RedisGateway;
let token: string;
beforeAll(async () => {
  cache = await startRedisGateway();
  token = await cache.token('editor', 'readwrite');
});
afterAll(() => cache?.stop());

describe('redis-cli', () => {
  const cli = async (password: string, ...words: readonly string[]) =>
    await runProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(cache.port), ...words], {
      PATH: process.env.PATH,
      REDISCLI_AUTH: password,
    });

  test('signs in with a token alone, and is the role’s user', async () => {
    expect((await cli(token, 'SET', 'greeting', 'hello')).stdout).toBe('OK');
    expect((await cli(token, 'GET', 'greeting')).stdout).toBe('hello');
    expect((await cli(token, '-3', 'HSET', 'h', 'f', 'v')).stdout).toBe('1');
  });

  test('is told what to do by a wrong token, and that a role may not write', async () => {
    const wrong = await cli('gwt_wrong', 'PING');
    expect(wrong.stderr + wrong.stdout).toContain('WRONGPASS This access token is not valid any more.');
    const reader = await cache.token('viewer', 'readonly');
    expect((await cli(reader, 'SET', 'greeting', 'x')).stdout).toMatch(/^NOPERM /);
    expect((await cli(reader, 'GET', 'greeting')).stdout).toBe('hello');
  });
});

describe('ioredis', () => {
  test('pipelines, runs a transaction, blocks and listens, as the role’s user', async () => {
    const [client, other] = [await cache.client(token), await cache.client(token)];
    expect(await cache.userOf(client)).toBe(cacheLogin('readwrite'));
    const answers = await client.pipeline().set('n', 1).incr('n').incrby('n', 40).get('n').exec();
    expect(answers).toEqual([
      [null, 'OK'],
      [null, 2],
      [null, 42],
      [null, '42'],
    ]);
    expect(await client.multi().incr('n').hset('h', { a: 1 }).exec()).toEqual([
      [null, 43],
      [null, 1],
    ]);
    const popped = client.blpop('queue', 0);
    await other.rpush('queue', 'job');
    expect(await popped).toEqual(['queue', 'job']);

    const heard = new Promise((resolve) => client.once('message', (...message) => resolve(message)));
    await client.subscribe('news');
    await other.publish('news', 'extra');
    expect(await heard).toEqual(['news', 'extra']);
    client.disconnect();
    other.disconnect();
  });

  test('carries large and binary values', async () => {
    const client = await cache.client(token);
    const large = Buffer.alloc(5_000_000, 'é\r\n$');
    await client.set('large', large);
    expect((await client.getBuffer('large'))?.equals(large)).toBe(true);
    client.disconnect();
  });
});

describe('node-redis', () => {
  test.for([2, 3] as const)('signs in and works in RESP%i', async (RESP) => {
    const client = createClient({
      url: `redis://127.0.0.1:${cache.port}`,
      username: 'me',
      password: token,
      RESP,
      socket: { reconnectStrategy: false },
    });
    client.on('error', () => {});
    await client.connect();
    await client.hSet('hash', { one: '1', two: '2' });
    expect({ ...(await client.hGetAll('hash')) }).toEqual({ one: '1', two: '2' });
    expect(await client.multi().set('k', 'v').get('k').exec()).toEqual(['OK', 'v']);
    await expect(client.sendCommand(['CONFIG', 'GET', '*'])).rejects.toThrow(/^NOPERM/);
    client.destroy();
  });
});

describe('redis-py', () => {
  test('signs in, pipelines and listens', async () => {
    const program = `
import os, redis
r = redis.Redis(host="127.0.0.1", port=int(os.environ["PORT"]), username="me", password=os.environ["TOKEN"], decode_responses=True)
r.set("python", "yes")
print(r.get("python"))
with r.pipeline(transaction=True) as p:
    print(p.incr("py").incr("py").execute()[-1] % 2)
try:
    r.config_get()
except redis.exceptions.NoPermissionError as refused:
    print("refused")
`;
    const end = await runProgram('/usr/bin/python3', ['-c', program], {
      PATH: process.env.PATH,
      PORT: String(cache.port),
      TOKEN: token,
    });
    expect(end.stderr).toBe('');
    expect(end.stdout.split('\n')).toEqual(['yes', '0', 'refused']);
  });
});
