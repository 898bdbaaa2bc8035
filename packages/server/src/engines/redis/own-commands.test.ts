import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { command } from '../../../../../tests/support/raw-redis.ts';
import { RedisFixture } from '../../../../../tests/support/redis-fixture.ts';
import { redisVersions } from '../../../../../tests/support/redis-program.ts';
import { Refusal } from '../../core/index.ts';
import type { FinishedStatement } from '../engine.ts';

describe.each(redisVersions)('Redis or Valkey %s', (version) => {
  let fixture: RedisFixture;
  /** Tokens that were shown in the middle of sessions. */
  const shown: string[] = [];
  const whoami = '$9\r\nrelay_app\r\n';
  const noAuth = '-NOAUTH Authentication required.\r\n';
  const refused = '-NOPERM You may not do this: this session is not yours\r\n';

  beforeAll(async () => {
    // An upstream whose `default` may do everything, as a stock server's: whoever becomes it has escaped.
    fixture = await RedisFixture.start({ version });
    await fixture.admin.call('ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '&*', '+@all');
  });
  afterEach(async () => {
    shown.length = 0;
    await fixture.closeDoors();
  });
  afterAll(async () => {
    await fixture.stop();
  });

  /** A door where the token `fresh` renews a session, and every other is somebody else's. */
  async function open(): Promise<EngineDoor & { readonly records: FinishedStatement[] }> {
    const records: FinishedStatement[] = [];
    const door = await fixture.open({
      reuse: true,
      observer: {
        wantsParameters: true,
        finished: (statement) => void records.push(statement),
        reauthenticate: async (credential) => {
          shown.push(credential.reveal());
          if (credential.reveal() !== 'fresh')
            throw new Refusal('forbidden', { what: 'this session is not yours' });
        },
      },
    });
    return { ...door, records };
  }

  describe.each([2, 3] as const)('in a session of RESP%i', (protocol) => {
    test('E01 no form of AUTH, HELLO or RESET makes the connection another user', async () => {
      const client = await fixture.raw(await open(), { protocol });
      expect(
        await client.pipeline(
          ['AUTH', 'default', 'x'],
          ['AUTH', 'pw'],
          ['HELLO', '3', 'AUTH', 'default', 'x'],
          ['hello', '2', 'auth', 'relay_app', 'pw'],
          ['ACL', 'WHOAMI'],
        ),
      ).toEqual([refused, refused, refused, refused, whoami]);
      expect(shown).toEqual(['x', 'pw', 'x', 'pw']);
    });

    test('a fresh token of the same person renews the session, and no record has it', async () => {
      const door = await open();
      const client = await fixture.raw(door, { protocol });
      expect(
        await client.pipeline(
          ['SET', 'a', '1'],
          ['AUTH', 'reader', 'fresh'],
          ['AUTH', 'fresh'],
          ['GET', 'a'],
        ),
      ).toEqual(['+OK\r\n', '+OK\r\n', '+OK\r\n', '$1\r\n1\r\n']);
      client.close();
      await door.settled();
      expect(shown).toEqual(['fresh', 'fresh']);
      expect(door.records.map(({ text }) => text)).toEqual(['SET a (1 bytes)', 'GET a']);
      expect(JSON.stringify(door.records)).not.toContain('fresh');
    });

    test('too many tokens that are not good end the session', async () => {
      const door = await open();
      const client = await fixture.raw(door, { protocol });
      const tries = Array.from({ length: 6 }, () => command('AUTH', 'guess')).join('');
      client.write(tries + command('PING'));
      expect(await client.readMany(6)).toEqual([refused, refused, refused, refused, refused, 'ended']);
      await door.settled();
      expect(door.ends).toEqual([{ cause: 'stopped', idle: true }]);
    });

    test('E01 RESET puts everything back, and serves nothing before a new sign-in', async () => {
      const client = await fixture.raw(await open(), { protocol });
      await client.pipeline(['WATCH', 'a'], ['CLIENT', 'SETNAME', 'me'], ['MULTI'], ['SET', 'a', 'never']);
      expect(
        await client.pipeline(
          ['RESET'],
          ['GET', 'a'],
          ['SET', 'a', 'x'],
          ['CONFIG', 'GET', '*'],
          ['HELLO'],
          ['HELLO', '3'],
          ['AUTH', 'other'],
          ['PING'],
          ['AUTH', 'fresh'],
          ['ACL', 'WHOAMI'],
          ['CLIENT', 'GETNAME'],
          ['EXEC'],
        ),
      ).toEqual([
        '+RESET\r\n',
        noAuth,
        noAuth,
        noAuth,
        expect.stringMatching(/^-NOAUTH HELLO must be called/),
        expect.stringMatching(/^-NOAUTH HELLO must be called/),
        refused,
        noAuth,
        '+OK\r\n',
        whoami,
        '$-1\r\n',
        '-ERR EXEC without MULTI\r\n',
      ]);
    });

    test('RESET ends subscriptions, and a message before it is no answer to it', async () => {
      const door = await open();
      const client = await fixture.raw(door, { protocol });
      client.send('SUBSCRIBE', 'c');
      await client.read();
      await fixture.admin.publish('c', 'm');
      await client.read();
      expect(await client.call('RESET')).toBe('+RESET\r\n');
      expect(await client.call('HELLO', '3', 'AUTH', 'x', 'fresh')).toMatch(/^%7\r\n/);
      expect(await fixture.admin.publish('c', 'm')).toBe(0);
      client.close();
      await door.settled();
      expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    });

    test('HELLO changes the version that both sides speak, and tells what the server tells', async () => {
      const client = await fixture.raw(await open(), { protocol });
      const [two, three, again] = [
        await client.call('HELLO', '2'),
        await client.call('HELLO', '3', 'SETNAME', 'me'),
        await client.call('HELLO'),
      ];
      expect(two).toMatch(/^\*14\r\n\$6\r\nserver\r\n\$\d\r\n(redis|valkey)\r\n.*\$5\r\nproto\r\n:2\r\n/s);
      expect(three).toMatch(/^%7\r\n.*\$5\r\nproto\r\n:3\r\n/s);
      expect(again).toBe(three);
      await fixture.admin.hset('h', 'f', 'v');
      expect(await client.call('HGETALL', 'h')).toBe('%1\r\n$1\r\nf\r\n$1\r\nv\r\n');
      expect(await client.call('CLIENT', 'GETNAME')).toBe('$2\r\nme\r\n');
      expect(await client.call('HELLO', '4')).toBe('-NOPROTO unsupported protocol version\r\n');
    });

    test('a new sign-in inside of MULTI is refused, and spoils the transaction', async () => {
      const client = await fixture.raw(await open(), { protocol });
      const replies = await client.pipeline(
        ['MULTI'],
        ['AUTH', 'fresh'],
        ['SET', 'b', '1'],
        ['EXEC'],
        ['EXISTS', 'b'],
      );
      expect(replies).toEqual([
        '+OK\r\n',
        '-ERR AUTH is not offered inside MULTI.\r\n',
        '+QUEUED\r\n',
        '-EXECABORT Transaction discarded because of previous errors.\r\n',
        ':0\r\n',
      ]);
      expect(shown).toEqual([]);
    });

    test('QUIT is answered after everything before it, and closes', async () => {
      const door = await open();
      const client = await fixture.raw(door, { protocol });
      client.write(command('INCR', 'n') + command('QUIT') + command('INCR', 'n'));
      expect(await client.readMany(3)).toEqual([expect.stringMatching(/^:\d/), '+OK\r\n', 'ended']);
      await door.settled();
      expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    });
  });

  test('a subscriber of RESP2 is told that it cannot sign in now, as servers do', async () => {
    const client = await fixture.raw(await open());
    client.send('SUBSCRIBE', 'c');
    await client.read();
    expect(await client.call('AUTH', 'fresh')).toMatch(/^-ERR Can't execute 'auth': only \(P\|S\)SUBSCRIBE/);
  });

  test('where nobody can renew a session, a second sign-in is refused', async () => {
    const client = await fixture.raw(await fixture.open());
    expect(await client.call('AUTH', 'fresh')).toMatch(/^-ERR Signing in again .* is not offered/);
    expect(await client.call('PING')).toBe('+PONG\r\n');
  });

  test('E01 E04 a connection that was reset for the next session is the role\u2019s again, and never the default user\u2019s', async () => {
    const door = await open();
    for (const protocol of [2, 3, 2] as const) {
      const client = await fixture.raw(door, { protocol });
      expect(await client.call('ACL', 'WHOAMI')).toBe(whoami);
      client.close();
      await door.settled();
    }
    expect(door.upstreams[2]).toBe(door.upstreams[0]);
    expect(door.upstreams[1]).not.toBe(door.upstreams[0]);
  });
});
