import { type Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { heldBufferBytes } from '../../../../../tests/support/held-buffers.ts';
import { RedisFixture, redisEngine, redisLogin } from '../../../../../tests/support/redis-fixture.ts';
import { Secret } from '../../core/index.ts';
import type { FinishedStatement } from '../engine.ts';

let fixture: RedisFixture;

beforeAll(async () => {
  fixture = await RedisFixture.start();
});
beforeEach(async () => {
  await fixture.admin.flushall();
});
afterEach(async () => {
  await fixture.closeDoors();
});
afterAll(async () => {
  await fixture.stop();
});

/** A record without what depends on time. */
function gist({ durationMs, ...rest }: FinishedStatement): Omit<FinishedStatement, 'durationMs'> {
  if (!(durationMs >= 0)) throw new RangeError(`a duration of ${durationMs} ms`);
  return rest;
}

/** Resolves when nothing moves in these streams any more, for a hundred turns of the event loop. */
async function untilStill(...streams: readonly Duplex[]): Promise<void> {
  let before = '';
  for (let turns = 0; turns < 100; turns += 1) {
    await nextTurn();
    const now = streams.map(({ readableLength, writableLength }) => [readableLength, writableLength]).join();
    if (now !== before) turns = 0;
    before = now;
  }
}

describe.each([2, 3] as const)('a session in RESP%i', (protocol) => {
  test('gets the server\u2019s own answers to a pipeline, in order', async () => {
    const door = await fixture.open();
    const [through, direct] = [await fixture.raw(door, { protocol }), await fixture.direct({ protocol })];
    const commands = [
      ['SET', 'a', '1'],
      ['INCR', 'a'],
      ['GET', 'nothing'],
      ['HSET', 'h', 'f', 'v', 'g', 'w'],
      ['HGETALL', 'h'],
      ['LPUSH', 'a', 'x'],
      ['ZADD', 'z', '1.5', 'm'],
      ['ZSCORE', 'z', 'm'],
      ['ZRANGE', 'z', '0', '-1', 'WITHSCORES'],
      ['SADD', 's', 'x'],
      ['SMEMBERS', 's'],
      ['NOSUCHCOMMAND', 'x'],
      ['OBJECT', 'NOSUCH', 'x'],
      ['GET'],
      ['XADD', 'x', '1-1', 'f', 'v'],
      ['XRANGE', 'x', '-', '+'],
      ['COMMAND', 'INFO', 'get'],
      ['CLIENT', 'TRACKINGINFO'],
      ['', 'x'],
      ['ECHO', '\r\n\0*1\r\n'],
    ];
    const seen = await through.pipeline(...commands);
    await fixture.admin.flushall();
    expect(seen).toEqual(await direct.pipeline(...commands));
  });

  test('records each command once, with its keys and without its values', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    await client.pipeline(
      ['set', 'user:1', 'secret words'],
      ['MSET', 'a', '1', 'b b', '22'],
      ['mget', 'a', 'b b', '\xff'],
      ['LPUSH', 'a', 'x'],
      ['PING'],
      ['NOSUCH', 'secret', 'words'],
      ['XADD', 's', '*', 'field', 'value'],
      ['XREAD', 'COUNT', '5', 'STREAMS', 's', 't', '0', '0'],
      ['ZUNIONSTORE', 'to', '2', 'z1', 'z2', 'WEIGHTS', '1', '2'],
      ['OBJECT', 'encoding', 'a'],
    );
    client.close();
    await door.settled();
    expect(door.statements.map(gist)).toEqual([
      { text: 'SET user:1 (12 bytes)', parameters: ['"secret words"'], outcome: 'succeeded' },
      { text: 'MSET a (1 bytes) "b b" (2 bytes)', parameters: ['1', '22'], outcome: 'succeeded' },
      { text: 'MGET a "b b" "\\xff"', parameters: [], rows: 3, outcome: 'succeeded' },
      { text: 'LPUSH a (1 bytes)', parameters: ['x'], outcome: 'failed', errorCode: 'WRONGTYPE' },
      { text: 'PING', parameters: [], outcome: 'succeeded' },
      {
        text: 'NOSUCH (2 arguments)',
        parameters: ['secret', 'words'],
        outcome: 'failed',
        errorCode: 'ERR',
      },
      {
        text: 'XADD s (3 values, 11 bytes)',
        parameters: ['*', 'field', 'value'],
        outcome: 'succeeded',
      },
      {
        text: 'XREAD (3 values, 13 bytes) s t (2 values, 2 bytes)',
        parameters: ['COUNT', '5', 'STREAMS', '0', '0'],
        rows: 1,
        outcome: 'succeeded',
      },
      {
        text: 'ZUNIONSTORE to (1 bytes) z1 z2 (3 values, 9 bytes)',
        parameters: ['2', 'WEIGHTS', '1', '2'],
        outcome: 'succeeded',
      },
      { text: 'OBJECT ENCODING a', parameters: [], outcome: 'succeeded' },
    ]);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });

  test('J06 keeps keys and counts the rest, for every kind of command', async () => {
    const records: FinishedStatement[] = [];
    const door = await fixture.open({
      observer: { wantsParameters: false, finished: (statement) => void records.push(statement) },
    });
    const client = await fixture.raw(door, { protocol });
    const rows: readonly (readonly [words: readonly string[], text: string])[] = [
      [['HSET', 'h', 'name', 'hidden', 'mail', 'hidden'], 'HSET h (4 values, 20 bytes)'],
      [['GEOADD', 'g', '13.4', '52.5', 'hidden'], 'GEOADD g (3 values, 14 bytes)'],
      [['ZADD', 'z', 'NX', '1', 'hidden'], 'ZADD z (3 values, 9 bytes)'],
      [['SETEX', 's', '10', 'hidden'], 'SETEX s (2 values, 8 bytes)'],
      [['XADD', 'x', 'NOMKSTREAM', '*', 'hidden', 'hidden'], 'XADD x (4 values, 23 bytes)'],
      [['EVAL', 'return "hidden"', '2', 'k1', 'k2', 'hidden'], 'EVAL (2 values, 16 bytes) k1 k2 (6 bytes)'],
      [['FCALL', 'hidden', '1', 'k1', 'hidden'], 'FCALL (2 values, 7 bytes) k1 (6 bytes)'],
      [['PUBLISH', 'news', 'hidden'], 'PUBLISH news (6 bytes)'],
      [['SORT', 'l', 'BY', 'hidden'], 'SORT l (2 values, 8 bytes)'],
      [['BLMPOP', '0', '1', 'k', 'LEFT'], 'BLMPOP (2 values, 2 bytes) k (4 bytes)'],
      [['NOSUCH', 'hidden'], 'NOSUCH (1 argument)'],
    ];
    for (const [words, text] of rows) {
      if (words[0] === 'BLMPOP') await fixture.admin.rpush('k', 'v');
      await client.call(...words);
      expect(records.at(-1)).toMatchObject({ text });
    }
    expect(JSON.stringify(records)).not.toContain('hidden');
  });

  test('puts no password and no token on record, also where values are and the command is allowed', async () => {
    const { host, port } = fixture.server;
    const allowCommands = ['ACL', 'CONFIG', 'MIGRATE'];
    const door = await fixture.open({ database: { host, port, allowCommands } });
    const client = await fixture.raw(door, { protocol });
    const token = `gwt_${'t'.repeat(43)}`;
    await client.pipeline(
      ['CONFIG', 'SET', 'masterauth', 'hunter2'],
      ['CONFIG', 'hunter2'],
      ['ACL', 'SETUSER', 'somebody', '>hunter2', '#hunter2'],
      ['ACL', '>hunter2'],
      ['MIGRATE', '127.0.0.1', '1', '', '0', '1', 'AUTH2', 'me', 'hunter2', 'KEYS', 'a'],
      ['MIGRATE', '127.0.0.1', '1', 'a', '0', '1', 'AUTH', 'hunter2'],
      ['MULTI'],
      ['AUTH', 'hunter2'],
      ['HELLO', '3', 'AUTH', 'me', 'hunter2'],
      ['DISCARD'],
      ['AUHT', token],
      ['SET', 'k', `Bearer ${token}`],
      ['GET', token],
      ['CLIENT', 'SETNAME', token],
    );
    client.close();
    await door.settled();
    await fixture.admin.config('SET', 'masterauth', '');
    expect(door.statements).toHaveLength(14);
    const record = JSON.stringify(door.statements);
    expect(record).not.toMatch(/hunter2|HUNTER2|ttt/);
    expect(record).toContain('CONFIG SET (2 values, 17 bytes)');
    expect(record).toContain('Bearer gwt_…');
  });

  test('runs a transaction, and records what its commands did when they ran', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    const replies = await client.pipeline(
      ['MULTI'],
      ['SET', 'a', 'x'],
      ['INCR', 'a'],
      ['MGET', 'a', 'b'],
      ['EXEC'],
      ['MULTI'],
      ['SET', 'a', 'y'],
      ['DISCARD'],
      ['MULTI'],
      ['NOSUCH'],
      ['SET', 'a', 'z'],
      ['EXEC'],
      ['EXEC'],
      ['GET', 'a'],
    );
    expect(replies.at(-1)).toBe('$1\r\nx\r\n');
    client.close();
    await door.settled();
    expect(
      door.statements.map(({ text, outcome, errorCode = '' }) => `${text}: ${outcome} ${errorCode}`),
    ).toEqual([
      'MULTI: succeeded ',
      'SET a (1 bytes): succeeded ',
      'INCR a: failed ERR',
      'MGET a b: succeeded ',
      'EXEC: succeeded ',
      'MULTI: succeeded ',
      'SET a (1 bytes): unfinished ',
      'DISCARD: succeeded ',
      'MULTI: succeeded ',
      'NOSUCH: failed ERR',
      'SET a (1 bytes): unfinished ',
      'EXEC: failed EXECABORT',
      'EXEC: failed ERR',
      'GET a: succeeded ',
    ]);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });

  test('gets the answers of a subscriber, and leaves a connection that is used again when none is left', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    const mark = protocol === 2 ? '*' : '>';
    const told = (word: string, channel: string, count: number) =>
      `${mark}3\r\n$${word.length}\r\n${word}\r\n$${channel.length}\r\n${channel}\r\n:${count}\r\n`;

    client.send('SUBSCRIBE', 'one', 'two');
    client.send('PSUBSCRIBE', 'o*');
    client.send('SSUBSCRIBE', 'shard');
    expect(await client.readMany(4)).toEqual([
      told('subscribe', 'one', 1),
      told('subscribe', 'two', 2),
      told('psubscribe', 'o*', 3),
      told('ssubscribe', 'shard', 1),
    ]);
    await fixture.admin.publish('one', 'message');
    const messages = (await client.readMany(2)).map((message) => message.split('\r\n')[2]);
    expect(messages).toEqual(['message', 'pmessage']);
    client.send('PING', 'hello');
    expect(await client.read()).toContain('hello');

    client.send('UNSUBSCRIBE');
    client.send('PUNSUBSCRIBE');
    client.send('SUNSUBSCRIBE');
    client.send('UNSUBSCRIBE');
    const ends = await client.readMany(5);
    // In which order they end is the server's choice.
    expect(ends.slice(0, 2).map((end) => end.slice(-4))).toEqual([':2\r\n', ':1\r\n']);
    expect(ends[2]).toBe(told('punsubscribe', 'o*', 0));
    expect(ends[3]).toBe(told('sunsubscribe', 'shard', 0));
    expect(await client.call('SET', 'a', '1')).toBe('+OK\r\n');
    client.close();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    expect(door.statements.map(({ text, outcome }) => `${text}: ${outcome}`)).toEqual([
      'SUBSCRIBE one two: succeeded',
      'PSUBSCRIBE o*: succeeded',
      'SSUBSCRIBE shard: succeeded',
      'PING (5 bytes): succeeded',
      'UNSUBSCRIBE: succeeded',
      'PUNSUBSCRIBE: succeeded',
      'SUNSUBSCRIBE: succeeded',
      'UNSUBSCRIBE: succeeded',
      'SET a (1 bytes): succeeded',
    ]);
  });

  test('waits for a blocking command, and answers what was sent behind it in order', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    client.send('BLPOP', 'list', '0');
    client.send('INCR', 'n');
    await fixture.blocked(1);
    await fixture.admin.rpush('list', 'x');
    expect(await client.readMany(2)).toEqual(['*2\r\n$4\r\nlist\r\n$1\r\nx\r\n', ':1\r\n']);
  });
});

describe('a connection that is not idle', () => {
  test.each<[why: string, commands: readonly (readonly string[])[], protocol: 2 | 3]>([
    ['a transaction is open', [['MULTI']], 2],
    ['a command is queued', [['MULTI'], ['GET', 'a']], 3],
    ['a channel is subscribed', [['SUBSCRIBE', 'c']], 3],
    ['a channel is subscribed in RESP2', [['SUBSCRIBE', 'c']], 2],
    ['keys are tracked', [['CLIENT', 'TRACKING', 'ON']], 3],
  ])('is not used again: %s', async (_, commands, protocol) => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    await client.pipeline(...commands);
    client.close();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
    expect(door.upstreams[0]?.closed).toBe(true);
  });

  test.each<[state: string, commands: readonly (readonly string[])[]]>([
    ['a watched key', [['WATCH', 'a']]],
    ['a name', [['CLIENT', 'SETNAME', 'x']]],
    ['NO-TOUCH', [['CLIENT', 'NO-TOUCH', 'ON']]],
  ])('is used again after %s, which the reset takes back', async (_, commands) => {
    const door = await fixture.open({ reuse: true });
    const first = await fixture.raw(door);
    for (const one of commands) await first.call(...one);
    first.close();
    await door.settled();
    const second = await fixture.raw(door);
    expect(await second.call('ACL', 'WHOAMI')).toBe('$9\r\nrelay_app\r\n');
    const info = await second.call('CLIENT', 'INFO');
    expect(info).toMatch(/ name= .* flags=N .* multi=-1 /);
    expect(door.upstreams[1]).toBe(door.upstreams[0]);
  });
});

describe('big answers and commands', () => {
  test('a value that is read slowly does not pile up in the gateway', async () => {
    await fixture.admin.set('big', Buffer.alloc(100_000_000, 'x'));
    const door = await fixture.open();
    const client = await fixture.raw(door);
    const before = await heldBufferBytes();
    client.socket.removeAllListeners('data').pause();
    client.send('GET', 'big');
    let unread = 100_000_000 + '$100000000\r\n\r\n'.length;
    for (let looks = 0; unread > 0; looks += 1) {
      if (looks % 200 === 0) expect((await heldBufferBytes()) - before).toBeLessThan(8_000_000);
      const bytes: Buffer | null = client.socket.read();
      unread -= bytes?.length ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect(unread).toBe(0);
  });

  test('answers of the gateway itself do not pile up for a client that does not read them', async () => {
    const { host, port } = fixture.server;
    const database = testDatabase({ host, port, engine: 'redis', upstreamName: '0' }, redisLogin.login);
    const [client, socket] = duplexPair();
    const asked = 20_000;
    client.write(`AUTH token\r\n${'AUTH\r\n'.repeat(asked)}QUIT\r\n`);
    const accepted = await redisEngine.accept(socket, { name: 'redis', clearTextAllowed: true });
    if (accepted.kind !== 'login') throw new Error(accepted.kind);
    const upstream = await redisEngine.connect(testPermit(database, redisLogin.login), {
      database,
      login: redisLogin.login,
      password: new Secret(redisLogin.password),
      settings: accepted.client.settings,
      connectTimeoutMs: 5_000,
      request: 'request',
    });
    accepted.client.welcome(upstream, accepted.client.mintCancelKey());
    const relay = redisEngine.relay(accepted.client, upstream, { wantsParameters: false, finished() {} });
    await untilStill(client, socket);
    expect(socket.writableLength).toBeLessThan(2 * socket.writableHighWaterMark);

    const error = "-ERR wrong number of arguments for 'auth' command\r\n";
    expect(await text(client)).toBe(`+OK\r\n${error.repeat(asked)}+OK\r\n`);
    expect(await relay.ended).toEqual({ cause: 'client_left', idle: true });
    upstream.close();
  });

  test('a value that is sent goes on while it arrives, under any limit of what is held', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door);
    const value = 'v'.repeat(3_000_000);
    expect(await client.call('MSET', 'first', value, 'second key', value, 'third', 'x')).toBe('+OK\r\n');
    expect(await fixture.admin.strlen('second key')).toBe(3_000_000);
    client.close();
    await door.settled();
    expect(door.statements.map(({ text }) => text)).toEqual([
      'MSET first (3000000 bytes) "second key" (3000000 bytes) third (1 bytes)',
    ]);
  });

  test('E12 a million commands without reading an answer are held back, not collected', async () => {
    const door = await fixture.open({ observer: { wantsParameters: false, finished: () => {} } });
    const client = await fixture.raw(door);
    const before = await heldBufferBytes();
    client.socket.pause();
    const some = Buffer.from('*2\r\n$4\r\nECHO\r\n$100\r\n'.concat('x'.repeat(100), '\r\n').repeat(1_000));
    for (let sent = 0; sent < 1_000; sent += 1) {
      if (!client.socket.write(some)) {
        const drained = new Promise((resolve) => client.socket.once('drain', () => resolve('drained')));
        const patience = new Promise((resolve) => setTimeout(() => resolve('stuck'), 200));
        if ((await Promise.race([drained, patience])) === 'stuck') break;
      }
    }
    expect(client.socket.writableNeedDrain).toBe(true);
    expect((await heldBufferBytes()) - before).toBeLessThan(32_000_000);
  });
});
