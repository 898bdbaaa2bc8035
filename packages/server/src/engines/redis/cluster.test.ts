import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { type RedisCluster, startRedisCluster } from '../../../../../tests/support/redis-cluster.ts';
import { redisEngine, redisLogin } from '../../../../../tests/support/redis-fixture.ts';
import { Secret } from '../../core/index.ts';
import { freePort } from '../../demo/free-port.ts';
import { ask } from './ask.ts';
import { commandBytes } from './messages.ts';
import { RedisUpstream } from './upstream.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster?.stop());
afterEach(async () => {
  await cluster.clean();
});

/** The slots of `foo` 12182, `bar` 5061, `a` 15495, `b` 3300, `c` 7365. */
const keys = ['foo', 'bar', 'a', 'b', 'c'] as const;

describe.each([2, 3] as const)('a client of a cluster in RESP%i', (protocol) => {
  const raw = async () => {
    const door = await cluster.open();
    return { door, client: await cluster.raw(door, { protocol }) };
  };

  test('gets replies of several nodes in the order of its commands', async () => {
    const { client } = await raw();
    const sets = keys.map((key) => ['SET', key, `value of ${key}`] as const);
    expect(await client.pipeline(...sets)).toEqual(keys.map(() => '+OK\r\n'));
    const many = Array.from({ length: 200 }, (_, index) => keys[index % keys.length] ?? 'a');
    const replies = await client.pipeline(...many.map((key) => ['GET', key] as const));
    expect(replies).toEqual(many.map((key) => `$${9 + key.length}\r\nvalue of ${key}\r\n`));
  });

  test('runs transactions where their keys are, also behind a WATCH, and nowhere else', async () => {
    const { client } = await raw();
    const [, , , executed] = await client.pipeline(['MULTI'], ['SET', 'foo', '1'], ['INCR', 'foo'], ['EXEC']);
    expect(executed).toBe('*2\r\n+OK\r\n:2\r\n');
    const watched = await client.pipeline(['WATCH', 'bar'], ['MULTI'], ['SET', 'bar', 'x'], ['EXEC']);
    expect(watched).toEqual(['+OK\r\n', '+OK\r\n', '+QUEUED\r\n', '*1\r\n+OK\r\n']);
    const across = await client.pipeline(['MULTI'], ['SET', 'foo', '1'], ['SET', 'bar', '1'], ['EXEC']);
    expect(across[2]).toMatch(/^-CROSSSLOT /);
    expect(across[3]).toMatch(/^-EXECABORT /);
    expect(await client.pipeline(['MULTI'], ['EXEC'], ['EXEC'])).toEqual([
      '+OK\r\n',
      '*0\r\n',
      '-ERR EXEC without MULTI\r\n',
    ]);
  });

  test('learns nothing of the nodes', async () => {
    const { client, door } = await raw();
    const replies = await client.pipeline(['CLUSTER', 'SLOTS'], ['CLUSTER', 'NODES'], ['GET', 'foo']);
    expect(replies.slice(0, 2).every((reply) => reply.startsWith('-NOPERM '))).toBe(true);
    for (const { port } of cluster.nodes) expect(replies.join('')).not.toContain(String(port));
    client.close();
    await door.settled();
  });

  test('counts and scans the keys of all nodes', async () => {
    const { client } = await raw();
    const names = Array.from({ length: 300 }, (_, index) => `key:${index}`);
    await client.pipeline(...names.map((name) => ['SET', name, 'x'] as const));
    expect(await client.pipeline(['DBSIZE'])).toEqual([':300\r\n']);
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [reply = ''] = await client.pipeline(['SCAN', cursor, 'COUNT', '20']);
      cursor = /^\*2\r\n\$\d+\r\n(\d+)/.exec(reply)?.[1] ?? '0';
      for (const [name] of reply.matchAll(/key:\d+/g)) found.add(name);
    } while (cursor !== '0');
    expect([...found].sort()).toEqual([...names].sort());
  });

  test('hears that a command is not offered, and goes on', async () => {
    const { client } = await raw();
    const replies = await client.pipeline(['WAIT', '0', '10'], ['CLIENT', 'TRACKING', 'ON'], ['GET', 'foo']);
    expect(replies[0]).toMatch(/^-ERR unknown command .*WAIT-IS-NOT-OFFERED-BEHIND-A-CLUSTER/);
    expect(replies[1]).toMatch(/^-ERR unknown command .*CLIENT-TRACKING-IS-NOT-OFFERED-BEHIND-A-CLUSTER/);
    expect(replies[2]).toMatch(protocol === 2 ? '$-1' : '_');
  });
});

describe.each([2, 3] as const)("a subscriber to a shard's channels in RESP%i", (protocol) => {
  const kind = protocol === 2 ? '*' : '>';
  const confirmed = (word: string, channel: string, count: number) =>
    `${kind}3\r\n$${word.length}\r\n${word}\r\n$${channel.length}\r\n${channel}\r\n:${count}\r\n`;

  test.each(keys)('hears what another session publishes on %s, whichever node has it', async (channel) => {
    const door = await cluster.open();
    const listener = await cluster.raw(door, { protocol });
    const other = await cluster.raw(door);
    await listener.pipeline(['SET', 'a', '1'], ['GET', 'foo']);
    expect(await listener.call('SSUBSCRIBE', channel)).toBe(confirmed('ssubscribe', channel, 1));
    expect(await other.call('SPUBLISH', channel, 'hello')).toBe(':1\r\n');
    expect(await listener.read()).toBe(
      `${kind}3\r\n$8\r\nsmessage\r\n$${channel.length}\r\n${channel}\r\n$5\r\nhello\r\n`,
    );
    expect(await listener.call('SUNSUBSCRIBE', channel)).toBe(confirmed('sunsubscribe', channel, 0));
  });

  test('is refused channels of several slots, of another node, and commands with keys, and goes on', async () => {
    const door = await cluster.open();
    const listener = await cluster.raw(door, { protocol });
    expect(await listener.call('SSUBSCRIBE', 'foo', 'bar')).toMatch(/^-CROSSSLOT /);
    expect(await listener.call('GET', 'a')).toMatch(/^[$_]/);
    expect(await listener.call('SSUBSCRIBE', 'foo')).toBe(confirmed('ssubscribe', 'foo', 1));
    expect(await listener.call('SSUBSCRIBE', 'bar')).toMatch(/A-SUBSCRIBER-HAS-CHANNELS-OF-ONE-NODE/);
    expect(await listener.call('GET', 'a')).toMatch(/A-SUBSCRIBER-OF-A-CLUSTER-HAS-NO-COMMANDS-WITH-KEYS/);
    expect(await listener.call('SSUBSCRIBE', 'other{foo}')).toBe(confirmed('ssubscribe', 'other{foo}', 2));
  });
});

test('keys of a node that are more than the gateway holds are refused, and the session goes on with fewer', async () => {
  const { port } = await cluster.open();
  const client = new Redis({ host: '127.0.0.1', port, password: 'token', retryStrategy: null });
  const names = Array.from({ length: 18 }, (_, index) => `{foo}${index}${'x'.repeat(1_000_000)}`);
  await Promise.all(names.map((name) => client.set(name, '')));
  let cursor = '0';
  // The nodes before that one have none.
  const all = async () => {
    for (;;) [cursor] = await client.scan(cursor, 'COUNT', 1_000);
  };
  await expect(all()).rejects.toThrow('ERR A node answered with more than 16777216 bytes.');
  const [, some] = await client.scan(cursor, 'COUNT', 1);
  expect(some.length).toBeLessThan(names.length);
  expect(await client.get('foo')).toBeNull();
  client.disconnect();
});

describe('a node that a session meets later', () => {
  /** Of the first node, where sessions begin, and of the third. */
  const [atHome, elsewhere] = ['bar', 'foo'] as const;

  test.each([
    { from: 2, to: 3, nothing: '_\r\n' },
    { from: 3, to: 2, nothing: '$-1\r\n' },
  ] as const)(
    'speaks RESP$to with a client that began in RESP$from and has changed to it',
    async (change) => {
      const client = await cluster.raw(await cluster.open(), { protocol: change.from });
      await client.call('GET', atHome);
      await client.call('HELLO', String(change.to));
      expect(await client.pipeline(['GET', atHome], ['GET', elsewhere])).toEqual([
        change.nothing,
        change.nothing,
      ]);
    },
  );

  test('speaks RESP2 with a client that was reset, and signed in again', async () => {
    const observer = { wantsParameters: false, finished: () => {}, reauthenticate: async () => {} };
    const client = await cluster.raw(await cluster.open({}, observer), { protocol: 3 });
    await client.call('GET', atHome);
    expect(await client.pipeline(['RESET'], ['AUTH', 'token'], ['GET', elsewhere])).toEqual([
      '+RESET\r\n',
      '+OK\r\n',
      '$-1\r\n',
    ]);
  });

  test('is told what the client calls itself', async () => {
    const client = await cluster.raw(await cluster.open());
    await client.pipeline(
      ['CLIENT', 'SETNAME', 'first'],
      ['client', 'setname', 'second'],
      ['GET', elsewhere],
    );
    const { login: username, password } = redisLogin;
    const node = new Redis({ host: '127.0.0.1', port: cluster.nodes[2]?.port ?? 0, username, password });
    expect(await node.client('LIST')).toMatch(/ name=second .* cmd=get /);
    node.disconnect();
  });

  test('lets it in with the password of now, which is another one since a rotation', async () => {
    const login = 'rotated';
    const rotate = (password: string) =>
      cluster.atEveryNode('ACL', 'SETUSER', login, 'on', 'resetpass', `>${password}`, '~*', '+@all');
    const now = (password: string) => ({ login, password: new Secret(password) });
    await rotate('before');
    const database = testDatabase(
      { host: '127.0.0.1', port: cluster.nodes[0]?.port ?? 0, engine: 'redis', upstreamName: '0' },
      login,
    );
    const upstream = await redisEngine.connect(testPermit(database, login), {
      ...{ database, ...now('before'), settings: new Map([['protocol', '2']]) },
      ...{ connectTimeoutMs: 5_000, request: 'test' },
      current: async function* () {
        yield* ['not this one', 'after'].map(now);
      },
    });
    if (!(upstream instanceof RedisUpstream)) throw new TypeError('a Redis connection is needed');
    await rotate('after');
    upstream.renewed(now('after'));
    expect(await upstream.reset()).toBe('clean');
    const nothing = Buffer.from('$-1\r\n');
    const asked = Buffer.concat([commandBytes('GET', atHome), commandBytes('GET', elsewhere)]);
    expect(await ask(upstream.wire, asked, 2)).toEqual([nothing, nothing]);
    upstream.close();
  });
});

test('a session that is used again is as new: no transaction, no watch, no subscription of the one before', async () => {
  const door = await cluster.open();
  const first = await cluster.raw(door);
  await first.pipeline(['SET', 'foo', '1'], ['WATCH', 'foo'], ['MULTI'], ['INCR', 'foo']);
  first.close();
  await door.settled();
  const second = await cluster.raw(door);
  expect(await second.pipeline(['GET', 'foo'], ['EXEC'])).toEqual([
    '$1\r\n1\r\n',
    '-ERR EXEC without MULTI\r\n',
  ]);
});

test('scripts are loaded at every node that holds keys', async () => {
  const { port } = await cluster.open({ allowCommands: ['SCRIPT', 'EVALSHA', 'FUNCTION', 'FCALL'] });
  const client = new Redis({ host: '127.0.0.1', port, password: 'token', retryStrategy: null });
  const digest = String(await client.script('LOAD', 'return KEYS[1]'));
  for (const key of keys) expect(await client.evalsha(digest, 1, key)).toBe(key);
  const library = "#!lua name=lib\nredis.register_function('name_of', function(keys) return keys[1] end)";
  expect(await client.function('LOAD', library)).toBe('lib');
  for (const key of keys) expect(await client.fcall('name_of', 1, key)).toBe(key);
  await client.function('DELETE', 'lib');
  client.disconnect();
});

test('nothing behind a blocking command runs before it, on whichever node', async () => {
  const door = await cluster.open();
  const client = await cluster.raw(door);
  const other = await cluster.raw(door);
  const waits = client.pipeline(['BLPOP', 'a', '0'], ['GET', 'bar']);
  await other.pipeline(['SET', 'bar', 'later']);
  await other.pipeline(['RPUSH', 'a', '1']);
  expect(await waits).toEqual(['*2\r\n$1\r\na\r\n$1\r\n1\r\n', '$5\r\nlater\r\n']);
});

test('a session begins at the first of the configured nodes that is there', async () => {
  const gone = { host: '127.0.0.1', port: await freePort() };
  const there = { host: '127.0.0.1', port: cluster.nodes[1]?.port ?? 0 };
  const door = await cluster.open({ ...gone, cluster: [gone, there] });
  const client = await cluster.raw(door);
  expect(await client.pipeline(['SET', 'foo', '1'], ['SET', 'bar', '1'])).toEqual(['+OK\r\n', '+OK\r\n']);
});

describe('stock clients that know of no cluster', () => {
  test('ioredis runs pipelines over nodes, transactions and blocking reads', async () => {
    const door = await cluster.open();
    const client = new Redis({ port: door.port, host: '127.0.0.1', password: 'token' });
    const other = new Redis({ port: door.port, host: '127.0.0.1', password: 'token' });
    const pipeline = client.pipeline();
    for (const key of keys) pipeline.set(key, key);
    for (const key of keys) pipeline.get(key);
    const results = await pipeline.exec();
    expect(results?.slice(keys.length)).toEqual(keys.map((key) => [null, key]));
    const waiting = client.blpop('list:c', 10);
    await other.rpush('list:c', 'one');
    expect(await waiting).toEqual(['list:c', 'one']);
    await expect(client.mget('foo', 'bar')).rejects.toThrow(/CROSSSLOT/);
    client.disconnect();
    other.disconnect();
  });

  test('ioredis gets large values that come behind replies of other nodes', async () => {
    const door = await cluster.open();
    const client = new Redis({ port: door.port, host: '127.0.0.1', password: 'token' });
    // It looks like an error at the beginning of every piece.
    const value = '-'.repeat(3_000_000);
    await client.set('foo', value);
    await client.set('bar', 'small');
    const given = await Promise.all([
      client.get('bar'),
      client.get('foo'),
      client.get('bar'),
      client.get('foo'),
    ]);
    expect(given.map((one) => one === value || one)).toEqual(['small', true, 'small', true]);
    client.disconnect();
  });

  test('node-redis publishes and listens', async () => {
    const door = await cluster.open();
    const client = createClient({ socket: { port: door.port, host: '127.0.0.1' }, password: 'token' });
    client.on('error', () => {});
    await client.connect();
    const listener = client.duplicate();
    listener.on('error', () => {});
    await listener.connect();
    const heard = Promise.withResolvers<string>();
    await listener.subscribe('news', (message) => heard.resolve(message));
    await client.publish('news', 'hello');
    expect(await heard.promise).toBe('hello');
    await client.set('foo', 'x');
    expect(await client.get('foo')).toBe('x');
    client.destroy();
    listener.destroy();
  });
});
