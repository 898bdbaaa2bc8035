import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { heldBufferBytes } from '../../../../../tests/support/held-buffers.ts';
import { bytesOf, query, startupBytes } from '../../../../../tests/support/postgres-messages.ts';
import {
  doorUrl,
  driver,
  gist,
  raw,
  relayFixture,
  relayLogin,
} from '../../../../../tests/support/relay-fixture.ts';

const fixture = relayFixture();

const run = promisify(execFile);

const ok = { outcome: 'succeeded' } as const;

async function psql(door: EngineDoor, ...args: string[]) {
  return await run('psql', ['-X', '-At', '-d', doorUrl(door), ...args], { timeout: 20_000 });
}

describe('stock clients', () => {
  test('psql runs queries, sees errors and leaves, and the connection is proved idle', async () => {
    const door = await fixture.open();
    const { stdout } = await psql(door, '-c', 'select session_user', '-c', 'select 1; select 2');
    expect(stdout).toBe(`${relayLogin.login}\n1\n2\n`);
    await door.settled();
    expect(door.statements.map(gist)).toEqual([
      { text: 'select session_user', rows: 1, ...ok },
      { text: 'select 1; select 2', rows: 2, ...ok },
    ]);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    expect(door.relays[0]?.statements).toBe(2);
  });

  test('psql without a password leaves, asks, and comes again', async () => {
    const door = await fixture.open();
    const target = `postgres://anyone@127.0.0.1:${door.port}/postgres`;
    await expect(run('psql', ['-X', '-w', '-d', target, '-c', 'select 1'])).rejects.toThrow(/no password/);
    await door.settled();
    expect(door.accepted).toEqual([{ kind: 'left' }]);
  });

  test('psql copies a table out and in', async () => {
    const door = await fixture.open();
    const script = `
      create table copied (n int, t text);
      insert into copied select n, repeat('x', 200) from generate_series(1, 20000) n;
      \\copy copied to program 'cat > /dev/null'
      \\copy copied from program 'seq 1 1000 | sed "s/$/\\tfrom a file/"'
      select count(*), count(distinct t) from copied;
      drop table copied;`;
    const child = spawn('psql', ['-X', '-At', '-v', 'ON_ERROR_STOP=1', '-d', doorUrl(door)]);
    child.stdin.end(script);
    expect(await text(child.stdout)).toContain('21000|2');
    await door.settled();
    const copies = door.statements.filter(({ text: statement }) => /^copy/i.test(statement));
    expect(copies.map(({ rows }) => rows)).toEqual([20_000, 1_000]);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });

  test('node-postgres prepares, binds and closes', async () => {
    const door = await fixture.open();
    const client = await driver(door);
    await expect(client.query('select 1/$1::int', [0])).rejects.toThrow(/division by zero/);
    await expect(client.query('selekt $1', [0])).rejects.toThrow(/syntax error/);
    // Last come answers that the driver waits for to their end: after an error it would leave in the middle of one.
    for (const n of [1, 2]) {
      const { rows } = await client.query({ name: 'double', text: 'select $1::int * 2 as d', values: [n] });
      expect(rows).toEqual([{ d: n * 2 }]);
    }
    await client.end();
    await door.settled();
    expect(door.statements.map(gist)).toEqual([
      { text: 'select 1/$1::int', parameters: ['0'], outcome: 'failed', errorCode: '22012' },
      { text: 'selekt $1', outcome: 'failed', errorCode: '42601' },
      { text: 'select $1::int * 2 as d', parameters: ['1'], rows: 1, ...ok },
      { text: 'select $1::int * 2 as d', parameters: ['2'], rows: 1, ...ok },
    ]);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });

  test('B02 postgres.js sends 20 statements at once and gets 20 answers in order', async () => {
    const door = await fixture.open();
    const sql = postgres(doorUrl(door), { max: 1 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => sql`select ${n}::int as n, pg_sleep(${n === 7 ? 0.2 : 0})`),
    );
    expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    await sql.end();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    expect(door.statements.filter(({ text: statement }) => statement.includes('pg_sleep'))).toHaveLength(20);
  });

  test('psql cancels its own statement with Ctrl-C', async () => {
    const door = await fixture.open();
    const child = spawn('psql', ['-X', '-At', '-d', doorUrl(door), '-c', 'select pg_sleep(60)']);
    await fixture.running('pg_sleep(60)');
    child.kill('SIGINT');
    expect(await text(child.stderr)).toContain('canceling statement due to user request');
    await door.settled();
    expect(door.statements.map(gist)).toEqual([
      { text: 'select pg_sleep(60)', outcome: 'cancelled', errorCode: '57014' },
    ]);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });
});

describe('a client that leaves', () => {
  test('B04 J08 in the middle of a statement has it cancelled at the server', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    client.write(bytesOf(query('select pg_sleep(62)')));
    await fixture.running('pg_sleep(62)');
    client.close();
    await door.settled();
    await fixture.notRunning('pg_sleep(62)');
    expect(door.statements.map(gist)).toEqual([{ text: 'select pg_sleep(62)', outcome: 'unfinished' }]);
  });

  test('B04 in the middle of a large result frees the server', async () => {
    const door = await fixture.open();
    const client = await raw(door);
    client.write(bytesOf(query("select repeat('y', 1000) from generate_series(1, 10000000)")));
    await client.read();
    client.close();
    await door.settled();
    await fixture.notRunning("repeat('y', 1000)");
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
  });
});

describe('a slow reader', () => {
  test('holds the server back, and the gateway holds next to nothing', async () => {
    const door = await fixture.open();
    const socket = connectTcp(door.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(startupBytes({ user: 'a', database: 'postgres' }, 'token'));
    socket.write(bytesOf(query("select repeat('s', 1000) from generate_series(1, 1000000)")));
    await once(socket, 'data');
    socket.pause();
    await fixture.heldBack("repeat('s', 1000)");
    const before = await heldBufferBytes();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await heldBufferBytes()) - before).toBeLessThan(2 * 2 ** 20);
    await fixture.running("repeat('s', 1000)");
    let bytes = 0;
    for await (const chunk of socket) {
      bytes += (chunk as Buffer).length;
      // What is left when the result has been read: CommandComplete and ReadyForQuery.
      if ((chunk as Buffer).subarray(-6).toString('latin1') === 'Z\0\0\0\x05I') break;
    }
    expect(bytes).toBeGreaterThan(1_000_000_000);
    expect((await heldBufferBytes()) - before).toBeLessThan(2 * 2 ** 20);
  });

  test('on the side of the server holds the client back', async () => {
    const door = await fixture.open();
    const client = await driver(door);
    await client.query('create table if not exists slow_in (t text)');
    await client.end();
    const lines = `${'w'.repeat(9_999)}\n`.repeat(20_000);
    const child = spawn('psql', ['-X', '-d', doorUrl(door), '-c', 'copy slow_in from stdin']);
    child.stdin.end(lines);
    expect(await text(child.stdout)).toBe('COPY 20000\n');
    await door.settled();
    expect(door.ends.at(-1)).toEqual({ cause: 'client_left', idle: true });
  });
});
