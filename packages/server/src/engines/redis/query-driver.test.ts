import type { Duplex } from 'node:stream';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connected, wholeAnswer } from '../../../../../tests/support/query-answers.ts';
import { startRedis, type TestRedis } from '../../../../../tests/support/redis.ts';
import { redisVersions } from '../../../../../tests/support/redis-program.ts';
import { Secret } from '../../core/index.ts';
import { refusalOf } from '../../core/testing/index.ts';
import type { CommandRequest, QueryValue } from '../query-driver.ts';
import { redisQueryDriver } from './query-driver.ts';

const login = { name: 'query-driver', password: 'a token would stand here' };

describe.for(redisVersions)('commands over HTTP on version %s', (version) => {
  let server: TestRedis;
  let admin: Redis;

  beforeAll(async () => {
    server = await startRedis({ version });
    admin = await server.adminClient();
    const digest = ['>', login.password].join('');
    await admin.call('ACL', 'SETUSER', login.name, 'on', digest, '~*', '&*', '+@all', '-@admin');
    await admin.hset('hash', '2', 'two', '1', 'one', '__proto__', 'hostile', 'constructor', '');
    await admin.rpush('list', 'a', '', 'b,"c"');
    await admin.set('binary', Buffer.from([0, 255]));
    await admin.rpush('mixed', 'text', Buffer.from([255]));
    await admin.set('large', 'x'.repeat(9_000_000));
    await admin.rpush('larger', ...Array.from({ length: 4 }, () => 'x'.repeat(9_000_000)));
    await admin.zadd('scores', 1.5, 'one', 'inf', 'most');
  });
  afterAll(async () => {
    admin?.disconnect();
    await server?.stop();
  });

  const run = async (command: CommandRequest['command'], password = login.password, stream?: Duplex) => {
    const query = { database: 'cache', role: login.name, command };
    const result = await redisQueryDriver.run(
      stream ?? (await connected(server)),
      new Secret(password),
      query,
    );
    const { columns, ...answer } = await wholeAnswer(result);
    return { columns: columns.map(({ name, type }) => `${name} ${type}`), ...answer };
  };

  const replies: readonly [command: string, columns: readonly string[], ...rows: QueryValue[][]][] = [
    ['PING', ['reply text'], ['PONG']],
    ['GET nothing', ['reply text'], [null]],
    ['DBSIZE', ['reply text'], ['7']],
    ['SETBIT bits 7 1', ['reply text'], ['0']],
    ['INCRBY counter 9007199254740993', ['reply text'], ['9007199254740993']],
    ['LRANGE list 0 -1', ['reply text'], ['a'], [''], ['b,"c"']],
    ['LRANGE nothing 0 -1', ['reply text']],
    ['MGET nothing counter', ['reply text'], [null], ['9007199254740993']],
    ['SMEMBERS nothing', ['reply text']],
    [
      'HGETALL hash',
      ['key text', 'value text'],
      ['2', 'two'],
      ['1', 'one'],
      ['__proto__', 'hostile'],
      ['constructor', ''],
    ],
    ['HGETALL nothing', ['key text', 'value text']],
    ['GET binary', ['reply bytes'], ['AP8=']],
    ['LRANGE mixed 0 -1', ['reply bytes'], ['dGV4dA=='], ['/w==']],
    ['ZSCORE scores one', ['reply text'], ['1.5']],
    ['ZSCORE scores most', ['reply text'], ['inf']],
    ['ZRANGE scores 0 -1 WITHSCORES', ['reply text'], [['one', '1.5']], [['most', 'inf']]],
    ['XADD stream 1-1 f v', ['reply text'], ['1-1']],
    ['XRANGE stream - +', ['reply text'], [['1-1', ['f', 'v']]]],
    ['XREAD STREAMS stream 0', ['key text', 'value text'], ['stream', [['1-1', ['f', 'v']]]]],
    ['MULTI', ['reply text'], ['OK']],
    ['CLIENT GETNAME', ['reply text'], ['grantway-http']],
    ['cLiEnT gEtNaMe', ['reply text'], ['grantway-http']],
  ];

  test.each(replies)('%s', async (command, columns, ...rows) => {
    const [name = '', ...words] = command.split(' ');
    // Integers of the test's own counters change; everything else is told exactly.
    if (name === 'DBSIZE') await admin.del('bits', 'counter', 'stream');
    expect(await run([name, ...words])).toEqual({ columns, rows, rowsAffected: undefined });
  });

  test('a large value comes whole, and one beyond the limit is refused instead of held', async () => {
    const { rows } = await run(['GET', 'large']);
    expect(String(rows[0]?.[0]).length).toBe(9_000_000);
    const refusal = await refusalOf(run(['LRANGE', 'larger', '0', '-1']));
    expect(refusal.code).toBe('request_invalid');
    expect(refusal.message).toMatch(/larger than 33554432 bytes/);
  });

  test('words keep every byte of their text', async () => {
    const words = ['a b', '', 'line\r\n$5', 'ünïcode\0', '*'];
    await run(['DEL', 'words']);
    await run(['RPUSH', 'words', ...words]);
    expect((await run(['LRANGE', 'words', '0', '-1'])).rows).toEqual(words.map((word) => [word]));
  });

  test.each([
    [['NOSUCH'], /^The command was refused: ERR unknown command 'NOSUCH'/],
    [['GET'], /ERR wrong number of arguments/],
    [['LPUSH', 'large', 'x'], /WRONGTYPE/],
    [['CONFIG', 'GET', '*'], /NOPERM/],
    [['GET\r\nFLUSHALL', 'k'], /ERR unknown command/],
  ] as const)('%j is the server’s own refusal', async (command, sentence) => {
    const refusal = await refusalOf(run(command));
    expect(refusal.code).toBe('command_failed');
    expect(refusal.message).toMatch(sentence);
  });

  test.each([
    [['SUBSCRIBE', 'c'], 'SUBSCRIBE'],
    [['psubscribe', 'c'], 'PSUBSCRIBE'],
    [['ssubscribe', 'c'], 'SSUBSCRIBE'],
    [['MONITOR'], 'MONITOR'],
    [['RESET'], 'RESET'],
    [['AUTH', 'x'], 'AUTH'],
    [['HELLO', '2'], 'HELLO'],
    [['QUIT'], 'QUIT'],
    [['Client', 'Reply', 'OFF'], 'CLIENT REPLY'],
  ] as const)('%j is refused before anything is sent', async (command, name) => {
    const stream = await connected(server);
    const refusal = await refusalOf(run(command, login.password, stream));
    expect(refusal.message).toBe(`${name} over HTTP is not offered through Grantway.`);
    expect(stream.destroyed).toBe(true);
  });

  test('a wrong password is an invalid token', async () => {
    expect((await refusalOf(run(['PING'], 'no'))).code).toBe('token_invalid');
  });

  test('cutting the stream ends a command that waits, and a session that the server ends is no crash', async () => {
    const waiting = async () => {
      for (;;) {
        const line = /^.*name=grantway-http.*cmd=blpop.*$/m.exec(String(await admin.client('LIST')));
        if (line !== null) return /\bid=(\d+)/.exec(line[0])?.[1] ?? '';
      }
    };
    const stream = await connected(server);
    const cut = refusalOf(run(['BLPOP', 'nothing', '0'], login.password, stream));
    await waiting();
    stream.destroy();
    expect((await cut).code).toBe('upstream_lost');
    while (String(await admin.client('LIST')).includes('cmd=blpop'));

    const killed = refusalOf(run(['BLPOP', 'nothing', '0']));
    await admin.call('CLIENT', 'KILL', 'ID', await waiting());
    expect((await killed).code).toBe('upstream_lost');
  });

  test('closing twice, or before the first row was read, is harmless', async () => {
    const query = { database: 'cache', role: login.name, command: ['LRANGE', 'list', '0', '-1'] } as const;
    const result = await redisQueryDriver.run(await connected(server), new Secret(login.password), query);
    await result.close();
    await result.close();
  });
});
