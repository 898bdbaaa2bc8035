import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../support/raw-redis.ts';
import { RedisFixture } from '../../support/redis-fixture.ts';
import { redisVersions } from '../../support/redis-program.ts';

/** Commands that reach beyond a session, by their number in the list of threats. The login itself may run all of them. */
const attacks: Readonly<Record<string, readonly string[]>> = {
  'E02 answers are switched off': ['CLIENT REPLY OFF', 'CLIENT REPLY SKIP', 'client reply off'],
  'E03 answers that belong to nobody': [
    'MONITOR',
    'SYNC',
    'PSYNC ? -1',
    'CLIENT TRACKING ON BCAST REDIRECT 1',
  ],
  'E04 another database, a favour for one connection': ['SELECT 1', 'CLIENT NO-EVICT ON'],
  'E05 other clients': ['CLIENT LIST', 'CLIENT KILL TYPE normal', 'CLIENT PAUSE 9', 'CLIENT UNBLOCK 1'],
  'E06 the server': [
    ...['CONFIG GET *', 'MODULE LIST', 'DEBUG SLEEP 0', 'ACL SETUSER x on', 'REPLICAOF NO ONE', 'FLUSHALL'],
    ...[
      'MIGRATE h 1 k 0 1',
      'SAVE',
      'BGSAVE',
      'SHUTDOWN NOSAVE',
      'SWAPDB 0 1',
      'SCRIPT FLUSH',
      'SCRIPT KILL',
    ],
    ...['FUNCTION LOAD x', 'LATENCY RESET', 'SLOWLOG GET'],
  ],
  'E07 code in the server': ['EVAL return 0', 'EVALSHA x 0', 'FCALL f 0', 'FCALL_RO f 0', 'EVAL_RO return 0'],
  'E08 keys that no rule sees': ['SORT l BY w_*', 'SORT l GET w_*', 'COPY a b DB 1', 'KEYS *'],
};

describe.for(redisVersions)('with %s', (version) => {
  let fixture: RedisFixture;
  beforeAll(async () => {
    fixture = await RedisFixture.start({ version });
  });
  afterEach(() => fixture.closeDoors());
  afterAll(() => fixture?.stop());

  const each = Object.entries(attacks).flatMap(([threat, lines]) => lines.map((line) => ({ threat, line })));
  test.for(each)('$threat: $line is refused, as an array and (E10) as a line of words', async ({ line }) => {
    const client = await fixture.raw(await fixture.open());
    client.write(
      `${command(...line.split(' '))}  ${line.replaceAll(' ', '  ').toLowerCase()}\r\n${command('PING')}`,
    );
    const [array, words, ping] = await client.readMany(3);
    expect(array).toMatch(/^-NOPERM .* through Grantway|^-NOPERM This access is for database/);
    expect(words).toBe(array);
    expect(ping).toBe('+PONG\r\n');
  });

  test('E01 RESET makes nobody another user: nothing is served until a new sign-in', async () => {
    const client = await fixture.raw(await fixture.open());
    expect(await client.pipeline(['SET', 'k', 'v'], ['RESET'], ['GET', 'k'], ['ACL', 'WHOAMI'])).toEqual([
      '+OK\r\n',
      '+RESET\r\n',
      '-NOAUTH Authentication required.\r\n',
      '-NOAUTH Authentication required.\r\n',
    ]);
  });

  test.for(['SCAN 0 MATCH', 'PSUBSCRIBE', 'PUBSUB CHANNELS'])(
    'E11 a long pattern of %s is refused',
    async (line) => {
      const client = await fixture.raw(await fixture.open());
      const reply = await client.call(...line.split(' '), '*'.repeat(1_025));
      expect(reply).toBe('-ERR A pattern has at most 1024 bytes here.\r\n');
    },
  );
});
