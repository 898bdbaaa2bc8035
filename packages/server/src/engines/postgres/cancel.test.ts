import dns from 'node:dns';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { bytesOf, int32, query, terminate } from '../../../../../tests/support/postgres-messages.ts';
import { connectRaw, relayFixture } from '../../../../../tests/support/relay-fixture.ts';

const fixture = relayFixture();

describe('a cancel request', () => {
  /** Sends a key on a connection of its own, until the gateway ends that. */
  async function cancel(door: EngineDoor, key: Buffer): Promise<void> {
    const socket = connectTcp(door.port, '127.0.0.1');
    socket.end(Buffer.concat([int32(8 + key.length), int32(80877102), key]));
    socket.resume();
    await once(socket, 'close');
  }

  test('A18 ends the statement of its own session only, and that session goes on', async () => {
    const door = await fixture.open();
    const sessions = await Promise.all([1, 2].map(() => connectRaw(door)));
    for (const { client } of sessions) client.write(bytesOf(query('select pg_sleep(0.4)')));
    await fixture.running('pg_sleep(0.4)');
    await cancel(door, sessions[0]?.key ?? Buffer.alloc(8));
    const ends = await Promise.all(
      sessions.map(async ({ client }) => (await client.readUntilReady()).map(({ type }) => type).join('')),
    );
    expect(ends.map((types) => types.replaceAll(/[TD]/g, ''))).toEqual(['EZ', 'CZ']);
    expect(await sessions[0]?.client.query("select 'still here'")).toEqual(['still here']);
    for (const { client } of sessions) client.close();
  });

  test('goes to the address of its session, also when the name stands for another by then', async () => {
    const { port } = fixture.server;
    const door = await fixture.open({ database: { host: 'localhost', port } });
    const { client, key } = await connectRaw(door);
    client.write(bytesOf(query('select pg_sleep(3000)')));
    await fixture.running('pg_sleep(3000)');
    const lookUp = vi.spyOn(dns, 'lookup').mockImplementation((...args: readonly unknown[]) => {
      const answer = args.at(-1) as (failure: Error) => void;
      answer(new Error('no such name any more'));
    });
    await cancel(door, key);
    lookUp.mockRestore();
    const types = (await client.readUntilReady()).map(({ type }) => type).join('');
    expect(types.replaceAll(/[TD]/g, '')).toBe('EZ');
    client.close();
  });

  test('A18 with the key of nobody does nothing, and no server is dialled for it', async () => {
    const door = await fixture.open();
    const { client, key } = await connectRaw(door);
    const { rows: before } = await fixture.admin.query('select count(*) as n from pg_stat_activity');
    const other = Buffer.from(key);
    other.writeUInt8(other.readUInt8(7) ^ 1, 7);
    await cancel(door, other);
    // The server's own key of the session is not the client's: knowing it is of no use here.
    await cancel(door, Buffer.concat([int32(Number(door.upstreams[0]?.pid)), key.subarray(4)]));
    const { rows: after } = await fixture.admin.query('select count(*) as n from pg_stat_activity');
    expect(after).toEqual(before);
    expect(await client.query('select 1')).toEqual(['1']);
    client.close();
  });

  test('A18 with the key of a session that has ended does nothing to the next user of its connection', async () => {
    const door = await fixture.open({ reuse: true });
    const { client, key } = await connectRaw(door);
    client.write(bytesOf(terminate));
    await door.settled();
    const next = await connectRaw(door);
    expect(door.upstreams[1]).toBe(door.upstreams[0]);
    next.client.write(bytesOf(query('select pg_sleep(0.4)')));
    await fixture.running('pg_sleep(0.4)');
    await cancel(door, key);
    const types = (await next.client.readUntilReady()).map(({ type }) => type).join('');
    expect(types).toBe('TDCZ');
    next.client.close();
  });

  test('A19 that comes while nothing runs never hits the next user of the connection', async () => {
    const door = await fixture.open({ reuse: true });
    for (let round = 0; round < 30; round += 1) {
      const { client, key } = await connectRaw(door);
      const cancelled = cancel(door, key);
      await client.query('select 1').catch(() => []);
      client.write(bytesOf(terminate));
      await door.settled();
      await cancelled;
      const next = await connectRaw(door);
      expect(await next.client.query('select 2 from pg_sleep(0.002)')).toEqual(['2']);
      next.client.write(bytesOf(terminate));
      await door.settled();
    }
  });
});
