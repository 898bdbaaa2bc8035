import { describe, expect, test } from 'vitest';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { bytesOf, query } from '../../../../../tests/support/postgres-messages.ts';
import { driver, relayFixture, relayLogin } from '../../../../../tests/support/relay-fixture.ts';
import { Secret } from '../../core/index.ts';
import { postgresEngine } from './index.ts';

const fixture = relayFixture();

describe('a used connection', () => {
  const state = `select pg_backend_pid() as pid, session_user as login, current_user as role,
     coalesce(current_setting('own.word', true), '') as own,
     (select string_agg(name || '=' || setting, ' ' order by name) from pg_settings
       where context = 'user' and name not like 'transaction%') as settings,
     to_regclass('left_over') as temp, (select count(*)::int from pg_cursors) as cursors,
     (select count(*)::int from pg_prepared_statements) as statements,
     (select count(*)::int from pg_listening_channels()) as channels,
     (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`;

  test('B08 B11 serves the next session without anything of the one before', async () => {
    const door = await fixture.open({ reuse: true });
    const first = await driver(door);
    const { rows: before } = await first.query(state);
    for (const statement of [
      "set timezone = 'Asia/Tokyo'; set search_path = elsewhere; set bytea_output = 'escape'",
      "set own.word = 'mine'; set client_encoding = 'LATIN1'; set standard_conforming_strings = off",
      'create temp table left_over (n serial); insert into left_over values (default)',
      'listen l; select pg_advisory_lock(1); declare c cursor with hold for select 1',
      'prepare by_sql as select 1',
      'set session characteristics as transaction isolation level serializable, read only',
    ]) {
      await first.query(statement);
    }
    await first.query({ name: 'kept', text: 'select 1' });
    const { rows: dirty } = await first.query(state);
    for (const [what, value] of Object.entries(before[0])) {
      if (!['pid', 'login', 'role'].includes(what)) expect(dirty[0]?.[what], what).not.toEqual(value);
    }
    await first.end();
    await door.settled();

    const second = await driver(door);
    const { rows } = await second.query(state);
    expect(rows).toEqual(before);
    await expect(second.query('select lastval()')).rejects.toThrow(/not yet defined/);
    const { rows: own } = await second.query({ name: 'kept', text: "select 'of the second' as text" });
    expect(own).toEqual([{ text: 'of the second' }]);
    await second.end();
    await door.settled();
  });

  test('B07 that is ended by the server while idle says so', async () => {
    const upstream = await idleUpstream();
    const ended = new Promise<void>((resolve) => upstream.onIdleEnd(resolve));
    await fixture.admin.query('select pg_terminate_backend($1::int)', [upstream.pid]);
    await ended;
    expect(upstream.closed).toBe(true);
    expect(await upstream.reset()).toBe('dirty');
  });

  test('B12 C14 that gets a notification while idle is of no more use', async () => {
    const upstream = await idleUpstream();
    expect(await upstream.reset()).toBe('clean');
    upstream.wire.write(bytesOf(query('listen somebody')));
    await new Promise<void>((resolve) => upstream.onIdleEnd(resolve));
    expect(upstream.closed).toBe(true);
  });

  test('B12 B14 notes a parameter that the server changed meanwhile', async () => {
    const upstream = await idleUpstream();
    await fixture.admin.query(`ALTER SYSTEM SET timezone = 'Africa/Nairobi'`);
    await fixture.server.reload();
    while (upstream.parameters.get('TimeZone') !== 'Africa/Nairobi') {
      expect(await upstream.reset()).toBe('clean');
    }
    await fixture.admin.query('ALTER SYSTEM RESET timezone');
    await fixture.server.reload();
    upstream.close();
  });

  test('B06 is not reset in a transaction', async () => {
    const upstream = await idleUpstream();
    upstream.wire.unlisten();
    upstream.wire.write(bytesOf(query('begin')));
    expect(await upstream.reset()).toBe('dirty');
    expect(upstream.closed).toBe(true);
  });
});

async function idleUpstream() {
  const { host, port } = fixture.server;
  const database = testDatabase({ host, port }, relayLogin.login);
  return await postgresEngine.connect(testPermit(database, relayLogin.login), {
    database,
    login: relayLogin.login,
    password: new Secret(relayLogin.password),
    settings: new Map(),
    connectTimeoutMs: 5_000,
    request: 'r',
  });
}
