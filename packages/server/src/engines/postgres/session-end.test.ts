import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, expect, test } from 'vitest';
import { heldBufferBytes } from '../../../../../tests/support/held-buffers.ts';
import {
  bytesOf,
  cStrings,
  int32,
  query,
  startupBytes,
} from '../../../../../tests/support/postgres-messages.ts';
import { sqlstate } from '../../../../../tests/support/raw-postgres.ts';
import { driver, gist, raw, relayFixture } from '../../../../../tests/support/relay-fixture.ts';
import { Refusal } from '../../core/index.ts';

const fixture = relayFixture();

describe('a client that breaks the protocol', () => {
  const cases: readonly [what: string, bytes: Buffer][] = [
    ['an unknown message', Buffer.from([0x7a, 0, 0, 0, 4])],
    ['a message of a server', bytesOf(['Z', Buffer.from('I')])],
    ['a password outside of a login', bytesOf(['p', cStrings('x')])],
    ['a length of 3', Buffer.from([0x51, 0, 0, 0, 3])],
    ['a negative length', Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff])],
    ['A08 a length beyond 1 GiB', Buffer.from([0x51, 0x40, 0, 0, 4])],
    ['A02 a second startup packet', Buffer.concat([int32(9), int32(196_608), Buffer.of(0)])],
    ['a Sync with a body', bytesOf(['S', Buffer.of(1)])],
    ['a Query without a body', bytesOf(['Q', Buffer.alloc(0)])],
    ['an Execute that is too short', bytesOf(['E', Buffer.of(0)])],
    ['a Bind whose names have no end', bytesOf(['B', Buffer.alloc(4_000, 0x61)])],
  ];

  test.each(cases)(
    'A10 %s ends the session with 08P01, and the server sees nothing of it',
    async (_, bytes) => {
      const door = await fixture.open();
      const client = await raw(door);
      client.write(Buffer.concat([bytesOf(query('select 1')), bytes]));
      const seen = [];
      for (;;) {
        const message = await client.read();
        seen.push(message.type);
        if (message.type !== 'E') continue;
        expect(sqlstate(message)).toBe('08P01');
        break;
      }
      await expect(client.read()).rejects.toThrow(/closed/);
      await door.settled();
      expect(door.ends).toMatchObject([{ cause: 'protocol_violation' }]);
      expect(fixture.server.log()).not.toContain('invalid frontend message');
    },
  );

  test('A09 is not held 1 GiB of memory for a message that only says that it has it', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    const before = await heldBufferBytes();
    client.write(Buffer.concat([Buffer.from('Q'), int32(2 ** 30 - 1), Buffer.from('select 1')]));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await heldBufferBytes()) - before).toBeLessThan(2 ** 20);
    client.close();
    await door.settled();
    // Nothing of it had gone on yet, so the connection is as good as before.
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });
});

describe('stopping a session', () => {
  const revoked = () => new Refusal('access_revoked', { reason: 'a test' });

  test('tells an idle client why, and gives the connection back', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    await door.relays[0]?.stop(revoked(), 1_000);
    expect(sqlstate(await client.read())).toBe('57P01');
    await expect(client.read()).rejects.toThrow(/closed/);
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'stopped', idle: true }]);
  });

  test('B05 J08 cancels what runs, and tells the client', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    client.write(bytesOf(query('select pg_sleep(63)')));
    await fixture.running('pg_sleep(63)');
    await door.relays[0]?.stop(revoked(), 1_000);
    const messages = [await client.read()];
    while (messages.at(-1)?.type !== 'E') messages.push(await client.read());
    await fixture.notRunning('pg_sleep(63)');
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
    expect(door.statements.map(gist)).toEqual([{ text: 'select pg_sleep(63)', outcome: 'unfinished' }]);
  });

  test('B05 in the middle of a row waits for its end, so that the client can read the reason', async () => {
    const door = await fixture.open();
    const client = await driver(door);
    const failed = client.query("select repeat('m', 100000000) from generate_series(1, 100)").catch((e) => e);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await door.relays[0]?.stop(revoked(), 5_000);
    expect(await failed).toMatchObject({ code: '57P01' });
    await door.settled();
  });

  test('cuts a client that does not read at the deadline', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    const socket = connectTcp(door.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write(startupBytes({ user: 'a' }, 'token'));
    socket.write(bytesOf(query("select repeat('d', 100000000) from generate_series(1, 100)")));
    await fixture.running("repeat('d', 100000000)");
    await door.relays[1]?.stop(revoked(), 300);
    expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
    socket.destroy();
    client.close();
  });
});

describe('a server that goes away', () => {
  test('B07 tells its last words to the client', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    await client.query('select 1');
    await fixture.admin.query('select pg_terminate_backend($1::int)', [door.upstreams[0]?.pid]);
    const message = await client.read();
    expect(sqlstate(message)).toBe('57P01');
    await expect(client.read()).rejects.toThrow(/closed/);
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
  });
});
