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

/** Keys of three nodes. */
const [onThird, onFirst, onSecond] = ['foo', 'bar', 'c'] as const;

describe('what a single server runs in the order of the connection', () => {
  const pairs: readonly [what: string, first: readonly string[], behind: readonly string[]][] = [
    ['a write behind a write', ['SET', onThird, '1'], ['SET', onFirst, '1']],
    ['a message behind a write', ['SET', onThird, '1'], ['PUBLISH', 'news', 'of foo']],
    ['a transaction behind a write', ['SET', onThird, '1'], ['MULTI']],
    ['a count of all keys behind a write', ['SET', onThird, '1'], ['DBSIZE']],
  ];
  test.each(pairs)('%s at another node waits until that is done', async (_, first, behind) => {
    const door = await cluster.open();
    const [client, other] = [await cluster.raw(door), await cluster.raw(door)];
    await client.pipeline(['GET', onFirst], ['GET', onThird]);
    const resume = await cluster.holdWrites(onThird);
    const answers = client.pipeline(first, behind, ['SET', onSecond, 'last']);
    await cluster.writeIsHeld(onThird);
    // Each goes to a node that is not held: whoever did not wait would be done by now.
    const elsewhere = await other.pipeline(['GET', onFirst], ['GET', onSecond]);
    await resume();
    expect(elsewhere).toEqual(['$-1\r\n', '$-1\r\n']);
    const [done, ...later] = await answers;
    expect(done).toBe('+OK\r\n');
    expect(later.some((reply) => reply.startsWith('-'))).toBe(false);
  });
});

describe('behind a command that a node puts off', () => {
  const names = ['{foo}1', '{foo}2'] as const;
  const behind: readonly [what: string, command: readonly string[], answer: string][] = [
    ['a write of one of its keys', ['SET', names[0], 'new'], '+OK\r\n'],
    ['a command that is put off itself', ['DEL', ...names], ':2\r\n'],
  ];
  test.each(behind)('%s does not run before it', async (_, command, answer) => {
    const client = await cluster.raw(await cluster.open());
    await client.pipeline(['MSET', names[0], '1', names[1], '2']);
    const migration = await cluster.beginMigration('foo');
    await migration.moveKeys(names[0]);
    const before = await migration.errors('TRYAGAIN');
    const answers = client.pipeline(['MGET', ...names], command);
    while ((await migration.errors('TRYAGAIN')) === before);
    await migration.all();
    expect(await answers).toEqual(['*2\r\n$1\r\n1\r\n$1\r\n2\r\n', answer]);
    await (await cluster.beginMigration('foo')).all();
  });
});

test('RANDOMKEY gives a key of any node, and none only where there is none', async () => {
  const { port } = await cluster.open();
  const client = new Redis({ host: '127.0.0.1', port, password: 'token', retryStrategy: null });
  expect(await client.randomkey()).toBe(null);
  await client.set(onThird, '1');
  for (let round = 0; round < 20; round += 1) expect(await client.randomkey()).toBe(onThird);
  await client.set(onFirst, '1');
  await client.set(onSecond, '1');
  const seen = new Set<string | null>();
  while (seen.size < 3) seen.add(await client.randomkey());
  expect([...seen].sort()).toEqual([onFirst, onSecond, onThird].sort());
  client.disconnect();
});
