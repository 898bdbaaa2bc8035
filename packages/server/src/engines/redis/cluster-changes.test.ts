import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../../../../tests/support/redis-cluster.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster?.stop());
afterEach(async () => {
  await cluster.clean();
});

describe('while a slot moves', () => {
  test('commands follow it, by ASK on the way and by MOVED afterwards, in order', async () => {
    const door = await cluster.open();
    const client = await cluster.raw(door);
    await client.pipeline(['SET', 'foo', '0']);
    const migration = await cluster.beginMigration('foo');
    // The key has gone ahead of its slot: the old node says ASK.
    await migration.moveKeys();
    expect(await client.pipeline(['INCR', 'foo'], ['INCR', 'foo'], ['GET', 'foo'])).toEqual([
      ':1\r\n',
      ':2\r\n',
      '$1\r\n2\r\n',
    ]);
    await migration.finish();
    const counting = Array.from({ length: 50 }, () => ['INCR', 'foo'] as const);
    expect(await client.pipeline(...counting)).toEqual(counting.map((_, index) => `:${index + 3}\r\n`));
    await (await cluster.beginMigration('foo')).all();
  });
});

describe('a command with several keys, while they move', () => {
  const names = ['{foo}1', '{foo}2'] as const;

  async function halfMoved() {
    const door = await cluster.open();
    const client = await cluster.raw(door);
    await client.pipeline(['MSET', names[0], '1', names[1], '2']);
    const migration = await cluster.beginMigration('foo');
    await migration.moveKeys(names[0]);
    const before = await migration.errors('TRYAGAIN');
    client.send('MGET', ...names);
    while ((await migration.errors('TRYAGAIN')) === before);
    return { client, migration };
  }

  test('is asked again until all are there, and nothing behind it is answered before', async () => {
    const { client, migration } = await halfMoved();
    client.send('ECHO', 'behind');
    await migration.all();
    expect(await client.readMany(2)).toEqual(['*2\r\n$1\r\n1\r\n$1\r\n2\r\n', '$6\r\nbehind\r\n']);
    await (await cluster.beginMigration('foo')).all();
  });

  test('is answered TRYAGAIN when the move stands still', async () => {
    const { client, migration } = await halfMoved();
    expect(await client.read()).toMatch(/^-TRYAGAIN /);
    expect(await client.call('GET', names[1])).toBe('$1\r\n2\r\n');
    await migration.all();
    await (await cluster.beginMigration('foo')).all();
  });
});

describe('a value that is longer than what is kept of a command', () => {
  const large = 'x'.repeat(12_000_000);

  test('is written by whichever node has the key, alone and in a transaction', async () => {
    const { port } = await cluster.open();
    const client = new Redis({ host: '127.0.0.1', port, password: 'token', retryStrategy: null });
    const places = ['foo', 'bar', 'a'];
    // Sessions before may have left behind that a slot is elsewhere.
    for (const key of places) await client.set(key, 'short');
    const pipeline = client.pipeline();
    for (const key of places) pipeline.set(key, large).strlen(key);
    expect((await pipeline.exec())?.flat()).toEqual(places.flatMap(() => [null, 'OK', null, large.length]));
    const executed = await client.multi().set('foo', '1').set('foo', large).strlen('foo').exec();
    expect(executed?.map(([, reply]) => reply)).toEqual(['OK', 'OK', large.length]);
    client.disconnect();
  });

  test('is refused once when its key has moved, and then written', async () => {
    const { port } = await cluster.open();
    const client = new Redis({ host: '127.0.0.1', port, password: 'token', retryStrategy: null });
    await client.set('foo', '1');
    await (await cluster.beginMigration('foo')).all();
    await expect(client.set('foo', large)).rejects.toThrow('it has just moved');
    expect(await client.set('foo', large)).toBe('OK');
    client.disconnect();
    await (await cluster.beginMigration('foo')).all();
  });
});

test('a moved key is found behind large replies of its new node that were asked for before', async () => {
  const large = 'x'.repeat(5_000_000);
  const { port } = await cluster.open();
  const client = new Redis({ host: '127.0.0.1', port, password: 'token', retryStrategy: null });
  await client.pipeline().set('b', 'moved').set('c', large).exec();
  await (await cluster.beginMigration('b')).all();
  const replies = await client.pipeline().get('b').get('c').exec();
  client.disconnect();
  expect(replies?.[0]).toEqual([null, 'moved']);
  expect(replies?.[1]?.[1] === large).toBe(true);
});

test('a session goes on at the replica that takes over from a node that died, also where it began there', async () => {
  const door = await cluster.open();
  const client = await cluster.raw(door);
  expect(await client.pipeline(['SET', 'foo', '1'], ['SET', 'bar', '1'])).toEqual(['+OK\r\n', '+OK\r\n']);
  const { port = 0 } = cluster.nodes[2] ?? {};
  const begunThere = await cluster.raw(await cluster.open({ port }));
  expect(await begunThere.pipeline(['SET', 'foo', '1'], ['GET', 'bar'])).toEqual(['+OK\r\n', '$1\r\n1\r\n']);
  await cluster.failOver();
  expect(await begunThere.pipeline(['PING'], ['GET', 'bar'], ['GET', 'foo'])).toEqual([
    '+PONG\r\n',
    '$1\r\n1\r\n',
    '$1\r\n1\r\n',
  ]);
  expect(await client.pipeline(['GET', 'bar'], ['SET', 'foo', '2'], ['GET', 'foo'])).toEqual([
    '$1\r\n1\r\n',
    '+OK\r\n',
    '$1\r\n2\r\n',
  ]);
  const fresh = await cluster.raw(door);
  expect(await fresh.pipeline(['GET', 'foo'], ['DBSIZE'])).toEqual(['$1\r\n2\r\n', ':2\r\n']);
});
