import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../../../../tests/support/redis-cluster.ts';

/** Redis 7 has files of its own: here is what a newer server could have changed. */
describe.for(['8', 'valkey-9'] as const)('a cluster of %s', (version) => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster(version);
  });
  afterAll(() => cluster?.stop());

  /** One on each node. */
  const keys = ['foo', 'bar', 'c'] as const;

  test('is one server to ioredis: pipelines, transactions, keys of several slots', async () => {
    const { port } = await cluster.open();
    const client = new Redis({ host: '127.0.0.1', port, password: 'token', retryStrategy: null });
    const pipeline = client.pipeline();
    for (const key of keys) pipeline.set(key, key);
    for (const key of keys) pipeline.get(key);
    expect((await pipeline.exec())?.slice(keys.length)).toEqual(keys.map((key) => [null, key]));
    expect(await client.multi().set('foo', '1').incr('foo').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
    ]);
    await expect(client.mget('foo', 'bar')).rejects.toThrow(/CROSSSLOT/);
    expect(await client.dbsize()).toBe(keys.length);
    client.disconnect();
  });

  test('is one server to node-redis, which listens to a channel of whichever shard', async () => {
    const { port } = await cluster.open();
    const client = createClient({ socket: { port, host: '127.0.0.1' }, password: 'token' });
    client.on('error', () => {});
    await client.connect();
    for (const channel of keys) {
      const listener = client.duplicate();
      listener.on('error', () => {});
      await listener.connect();
      const heard = Promise.withResolvers<string>();
      await listener.sSubscribe(channel, (message) => heard.resolve(message));
      await client.sPublish(channel, `on ${channel}`);
      expect(await heard.promise).toBe(`on ${channel}`);
      listener.destroy();
    }
    client.destroy();
  });

  test.for([2, 3] as const)('is followed in RESP%i while a slot moves', async (protocol) => {
    const door = await cluster.open();
    const client = await cluster.raw(door, { protocol });
    await client.pipeline(['SET', 'foo', '0']);
    const migration = await cluster.beginMigration('foo');
    await migration.moveKeys();
    expect(await client.pipeline(['INCR', 'foo'], ['GET', 'foo'])).toEqual([':1\r\n', '$1\r\n1\r\n']);
    await migration.finish();
    expect(await client.pipeline(['INCR', 'foo'], ['INCR', 'foo'])).toEqual([':2\r\n', ':3\r\n']);
    client.destroy();
    await (await cluster.beginMigration('foo')).all();
  });
});
