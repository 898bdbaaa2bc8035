import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../../../../tests/support/raw-redis.ts';
import { RedisFixture, redisLogin } from '../../../../../tests/support/redis-fixture.ts';
import { redisVersions } from '../../../../../tests/support/redis-program.ts';
import { deniedCommands, isDenied } from '../../core/index.ts';

/** What COMMAND says of one. */
type CommandEntry = readonly [
  name: string,
  arity: number,
  flags: readonly string[],
  firstKey: number,
  lastKey: number,
  step: number,
  categories: readonly string[],
  tips: readonly string[],
  keys: readonly unknown[],
  subcommands: readonly CommandEntry[],
];

describe.each(redisVersions)('Redis or Valkey %s', (version) => {
  let fixture: RedisFixture;

  beforeAll(async () => {
    fixture = await RedisFixture.start({ version });
    await fixture.admin.mset('a', '1', 'secret', 'value');
  });
  afterEach(async () => {
    await fixture.closeDoors();
  });
  afterAll(async () => {
    await fixture.stop();
  });

  /** The commands that the server was asked for since the last reset of its statistics, beside the administrator's. */
  async function seenByServer(): Promise<readonly string[]> {
    const stats = await fixture.admin.info('commandstats');
    return [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name = '']) => name);
  }

  /** Each form that must not reach the server, whatever the login may do. */
  const forms: readonly (readonly string[])[] = [
    // What people could do to the server and to each other.
    ['CLIENT', 'KILL', 'TYPE', 'normal'],
    ['CLIENT', 'PAUSE', '100000'],
    ['CLIENT', 'UNPAUSE'],
    ['CLIENT', 'LIST'],
    ['client', 'Unblock', '1'],
    ['CLIENT', 'NO-EVICT', 'ON'],
    ['CLIENT', 'REPLY', 'OFF'],
    ['CLIENT', 'REPLY', 'SKIP'],
    ['CLIENT', 'REPLY', 'ON'],
    ['CLIENT', 'MAINT_NOTIFICATIONS', 'ON'],
    ['CLIENT', 'CAPA', 'redirect'],
    ['CLIENT', 'NOSUCH'],
    ['CLIENT', 'TRACKING', 'ON', 'REDIRECT', '1'],
    ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'redirect\0x', '1'],
    ['MONITOR'],
    ['SYNC'],
    ['PSYNC', '?', '-1'],
    ['REPLCONF', 'listening-port', '1'],
    ['CONFIG', 'GET', '*'],
    ['config', 'set', 'requirepass', 'hunter2'],
    ['CONFIG', 'RESETSTAT'],
    ['MODULE', 'LOAD', '/tmp/x.so'],
    ['DEBUG', 'SLEEP', '0'],
    ['ACL', 'SETUSER', 'me', '+@all'],
    ['ACL', 'LIST'],
    ['REPLICAOF', '127.0.0.1', '1'],
    ['SLAVEOF', 'NO', 'ONE'],
    ['MIGRATE', '127.0.0.1', '1', 'a', '0', '1'],
    ['SAVE'],
    ['BGSAVE'],
    ['BGREWRITEAOF'],
    ['SHUTDOWN'],
    ['FLUSHALL'],
    ['FLUSHDB'],
    ['SWAPDB', '0', '1'],
    ['MOVE', 'a', '1'],
    ['COPY', 'a', 'b', 'DB', '1'],
    ['COPY', 'a', 'b', 'REPLACE', 'db\0x', '1'],
    ['SELECT', '1'],
    ['KEYS', '*'],
    ['SORT', 'a', 'BY', 'secret*', 'GET', 'secret'],
    ['SORT_RO', 'a', 'get', 'secret'],
    ['RESTORE', 'a', '0', 'x'],
    ['SCRIPT', 'FLUSH'],
    ['SCRIPT', 'KILL'],
    ['SCRIPT', 'LOAD', 'return 1'],
    ['FUNCTION', 'LOAD', 'x'],
    ['FUNCTION', 'DELETE', 'x'],
    ['EVAL', "return redis.call('GET', 'secret')", '0'],
    ['EVALSHA', 'x', '0'],
    ['EVAL_RO', "return redis.call('GET', 'secret')", '0'],
    ['FCALL', 'x', '0'],
    ['LATENCY', 'RESET'],
    ['SLOWLOG', 'GET'],
    ['MEMORY', 'PURGE'],
    ['CLUSTER', 'NODES'],
    ['CLUSTER', 'RESET'],
    ['FAILOVER'],
    ['ROLE'],
    ['LASTSAVE'],
    // Patterns that matching goes into recursion for.
    ['SCAN', '0', 'MATCH', '*?'.repeat(600)],
    ['PSUBSCRIBE', '*?'.repeat(600)],
    ['PUBSUB', 'CHANNELS', '*?'.repeat(600)],
  ];

  describe.each([2, 3] as const)('the list of refused commands, in RESP%i', (protocol) => {
    test('E02 E03 E05 E06 E07 E11 holds against every form, one answer each, and the server never sees it', async () => {
      const door = await fixture.open();
      const client = await fixture.raw(door, { protocol });
      await fixture.admin.config('RESETSTAT');
      const replies = await client.pipeline(...forms);
      forms.forEach((form, index) => {
        expect(replies[index], form.join(' ')).toMatch(/^-(NOPERM|ERR) .*\r\n$/);
      });
      expect(await client.call('GET', 'a')).toBe('$1\r\n1\r\n');
      expect((await seenByServer()).filter((name) => !name.startsWith('config'))).toEqual(['get']);
      client.close();
      await door.settled();
      expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
      expect(door.statements).toHaveLength(forms.length + 1);
      expect(JSON.stringify(door.statements)).not.toContain('hunter2');
    });

    test('E10 holds however a name is written, and against what only looks like a name', async () => {
      const door = await fixture.open();
      const client = await fixture.raw(door, { protocol });
      await fixture.admin.config('RESETSTAT');
      const written = [
        'cLiEnT LiSt\r\n',
        'client  \t list\r\n',
        '"client" list\r\n',
        '"\\x63lient" list\r\n',
        '\r\n\r\nCLIENT LIST\n',
        '*-1\r\n*0\r\n*2\r\n$6\r\nclient\r\n$4\r\nLIST\r\n',
      ];
      for (const form of written) {
        client.write(form);
        expect(await client.read(), JSON.stringify(form)).toBe(
          '-NOPERM CLIENT LIST is not offered through Grantway.\r\n',
        );
      }
      // Names that no server knows either: one has the rest within it, the others are not separated as it takes them.
      for (const words of [
        ['CLIENT LIST'],
        ['CLIENT|LIST'],
        ['client|list', 'x'],
        ['CLIENT\r\nLIST'],
        [' CLIENT', 'LIST'],
        ['', 'LIST'],
      ]) {
        expect(await client.call(...words), JSON.stringify(words)).toMatch(/^-(ERR|NOPERM) /);
      }
      // A reply's attribute is no part of a command.
      const attributed = await fixture.raw(door, { protocol });
      attributed.write('|1\r\n+a\r\n+b\r\n*2\r\n$6\r\nCLIENT\r\n$4\r\nLIST\r\n');
      for (let reply = await attributed.read(); reply !== 'ended'; reply = await attributed.read()) {
        expect(reply).toMatch(/^-/);
        attributed.close();
      }
      expect((await seenByServer()).filter((name) => name.startsWith('client'))).toEqual([]);
    });

    test('holds inside of MULTI, and spoils the transaction', async () => {
      const client = await fixture.raw(await fixture.open(), { protocol });
      const replies = await client.pipeline(
        ['MULTI'],
        ['CONFIG', 'GET', '*'],
        ['SUBSCRIBE', 'a', 'b'],
        ['SET', 'never', '1'],
        ['EXEC'],
        ['EXISTS', 'never'],
      );
      expect(replies[1]).toBe('-NOPERM CONFIG GET is not offered through Grantway.\r\n');
      expect(replies[2]).toBe('-ERR SUBSCRIBE is not offered inside MULTI.\r\n');
      expect(replies.slice(4)).toEqual([
        '-EXECABORT Transaction discarded because of previous errors.\r\n',
        ':0\r\n',
      ]);
    });

    test('E10 holds against names with a NUL, which servers now and then take for what stands before it', async () => {
      const client = await fixture.raw(await fixture.open(), { protocol });
      await fixture.admin.config('RESETSTAT');
      const names = Array.from({ length: 3_000 }, (_, n) => [`lastsave\0${n}`]);
      for (const reply of await client.pipeline(...names)) expect(reply).toBe('-ERR unknown command\r\n');
      expect(await seenByServer()).not.toContain('lastsave');
      // Valkey 9 looks at the length, too.
      if (version === 'valkey-9') return;
      // The same names, straight to the server: without this the test proves nothing.
      const direct = await fixture.direct({ protocol });
      const answers = await direct.pipeline(...names);
      expect(answers.some((answer) => answer.startsWith(':'))).toBe(true);
    });
  });

  test('E10 holds against a subcommand with a NUL, also where the administrator allows all others', async () => {
    const { host, port } = fixture.server;
    const client = await fixture.raw(
      await fixture.open({ database: { host, port, allowCommands: ['CLIENT'] } }),
    );
    const replies = await client.pipeline(
      ['CLIENT', 'LIST'],
      ...Array.from({ length: 2_000 }, (_, n) => ['CLIENT', `REPLY\0${n}`, 'OFF']),
    );
    expect(replies[0]).not.toMatch(/^-/);
    for (const reply of replies.slice(1)) expect(reply).toBe('-ERR unknown subcommand of CLIENT\r\n');
  });

  test('E04 E07 a script debugger, which outlives RESET, is in no connection, also where scripts are allowed', async () => {
    const { host, port } = fixture.server;
    const { login, password } = redisLogin;
    const script = ['EVAL', 'return 1', '0'];
    // Straight to the server: without this the test proves nothing.
    const direct = await fixture.direct();
    await direct.pipeline(['SCRIPT', 'DEBUG', 'YES'], ['RESET'], ['AUTH', login, password]);
    expect(await direct.call(...script)).toContain('Stopped at 1');
    direct.destroy();
    const door = await fixture.open({ database: { host, port, allowCommands: ['EVAL', 'SCRIPT'] } });
    const client = await fixture.raw(door);
    expect(await client.pipeline(['SCRIPT', 'DEBUG', 'YES'], ['script', 'debug', 'SYNC'], script)).toEqual([
      ...Array.from({ length: 2 }, () => '-NOPERM SCRIPT DEBUG is not offered through Grantway.\r\n'),
      ':1\r\n',
    ]);
  });

  test('E06 of what the server itself calls dangerous, all but INFO and SORT are on the list', async () => {
    const known = (await fixture.admin.call('COMMAND')) as readonly CommandEntry[];
    const leaves = known.flatMap((entry) => (entry[9].length === 0 ? [entry] : entry[9]));
    const dangerous = leaves.filter(([, , , , , , categories]) =>
      categories.some((category) => ['@admin', '@dangerous'].includes(category)),
    );
    const open = dangerous
      .map(([name]) => name.toUpperCase().split('|'))
      .filter(([name = '', subcommand]) => !isDenied(name, subcommand));
    expect(open.flat().sort()).toEqual(['INFO', 'SORT', 'SORT_RO']);
    expect(dangerous.length).toBeGreaterThan(50);
  });

  test('a command whose end cannot be seen has no option hidden there', async () => {
    const client = await fixture.raw(await fixture.open());
    const padding = 'x'.repeat(200_000);
    client.write(
      command('COPY', 'a', padding, 'REPLACE', 'DB', '1') +
        command('CLIENT', 'TRACKING', 'ON', 'PREFIX', padding, 'REDIRECT', '1'),
    );
    expect(await client.readMany(2)).toEqual([
      '-ERR COPY is longer than Grantway takes.\r\n',
      '-ERR CLIENT is longer than Grantway takes.\r\n',
    ]);
    client.write(`*2\r\n$200000\r\n${padding}\r\n$1\r\nx\r\n`);
    expect(await client.read()).toBe('-ERR unknown command\r\n');
    expect(await client.call('GET', 'a')).toBe('$1\r\n1\r\n');
  });

  test('what a session needs is not on the list', async () => {
    const client = await fixture.raw(await fixture.open(), { protocol: 3 });
    const replies = await client.pipeline(
      ['SELECT', '0'],
      ['ACL', 'WHOAMI'],
      ['CLIENT', 'ID'],
      ['CLIENT', 'INFO'],
      ['CLIENT', 'SETINFO', 'LIB-NAME', 'x'],
      ['CLIENT', 'SETNAME', 'me'],
      ['CLIENT', 'TRACKING', 'ON', 'BCAST'],
      ['INFO', 'server'],
      ['COMMAND', 'COUNT'],
      ['SORT', 'nothing', 'ALPHA'],
      ['SCAN', '0', 'MATCH', 'a*'],
      ['COPY', 'a', 'b'],
      ['MEMORY', 'USAGE', 'a'],
      ['SCRIPT', 'EXISTS', 'x'],
    );
    const errors = replies.filter((reply) => reply.startsWith('-'));
    // Redis 7.0 does not know SETINFO.
    expect(errors).toEqual(
      version === '7' ? [expect.stringMatching(/^-ERR unknown subcommand 'SETINFO'/)] : [],
    );
  });

  test('the list is made of names in capitals', () => {
    for (const name of deniedCommands.keys()) expect(name).toMatch(/^[A-Z_-]+$/);
  });

  test('a database with another number is held to that number', async () => {
    const door = await fixture.open({
      database: { host: fixture.server.host, port: fixture.server.port, upstreamName: '3' },
    });
    const client = await fixture.raw(door);
    expect(
      await client.pipeline(['SET', 'in three', 'x'], ['SELECT', '0'], ['SELECT', '3'], ['EXISTS', 'a']),
    ).toEqual(['+OK\r\n', '-NOPERM This access is for database 3 only.\r\n', '+OK\r\n', ':0\r\n']);
    expect(await fixture.admin.exists('in three')).toBe(0);
  });
});
