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

describe('while a slot moves, and one of its keys has gone ahead', () => {
  const [gone, left] = ['{key}1', '{key}2'] as const;
  const values = ['$3\r\nold\r\n', '$3\r\nnew\r\n'] as const;

  test('a write of a key that is left waits until one before it, of the key that has gone, is done', async () => {
    const door = await cluster.open();
    const [client, other] = [await cluster.raw(door), await cluster.raw(door)];
    await client.pipeline(['SET', gone, 'old'], ['SET', left, 'old']);
    const migration = await cluster.beginMigration(gone);
    await migration.moveKeys(gone);
    // From this answer on it is known that the slot moves, to all sessions.
    expect(await other.call('GET', gone)).toBe(values[0]);
    const resume = await migration.holdWrites();
    const answers = client.pipeline(['SET', gone, 'new'], ['SET', left, 'new']);
    await migration.writeIsHeld();
    // The key's own node is not held: whoever did not wait would be done by now.
    const meanwhile = await other.call('GET', left);
    await resume();
    expect(meanwhile).toBe(values[0]);
    expect(await answers).toEqual(['+OK\r\n', '+OK\r\n']);
    expect(await other.pipeline(['GET', gone], ['GET', left])).toEqual([values[1], values[1]]);
    await migration.all();
  });
});

test('a reply of another node does not bring out that a command before it was put off', async () => {
  const names = ['{key}1', '{key}2'] as const;
  const client = await cluster.raw(await cluster.open());
  await client.pipeline(['MSET', names[0], '1', names[1], '2'], ['SET', onFirst, 'other']);
  const migration = await cluster.beginMigration('key');
  await migration.moveKeys(names[0]);
  const before = await migration.errors('TRYAGAIN');
  const answers = client.pipeline(['MGET', ...names], ['GET', onFirst]);
  while ((await migration.errors('TRYAGAIN')) === before);
  await migration.all();
  expect(await answers).toEqual(['*2\r\n$1\r\n1\r\n$1\r\n2\r\n', '$5\r\nother\r\n']);
});

test('commands that are sent to two other nodes, since their slots have moved, run one after the other', async () => {
  const [first, second] = ['a', 'd'] as const;
  const door = await cluster.open();
  const [client, other] = [
    await cluster.raw(door),
    await cluster.raw(await cluster.open({ port: cluster.nodes[1]?.port ?? 0 })),
  ];
  await client.pipeline(['SET', first, 'old'], ['SET', second, 'old']);
  await (await cluster.beginMigration(first, 1)).all();
  await (await cluster.beginMigration(second, 2)).all();
  const resume = await cluster.holdWrites(first);
  const answers = client.pipeline(['SET', first, 'new'], ['SET', second, 'new']);
  await cluster.writeIsHeld(first);
  const meanwhile = await other.call('GET', second);
  await resume();
  expect(meanwhile).toBe('$3\r\nold\r\n');
  expect(await answers).toEqual(['+OK\r\n', '+OK\r\n']);
  expect(await other.pipeline(['GET', first], ['GET', second])).toEqual(['$3\r\nnew\r\n', '$3\r\nnew\r\n']);
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
