import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, mysqlDriver, mysqlLogin, rowsOf } from '../../../../../tests/support/mysql-fixture.ts';
import { mysqlCommand, ScriptedMysqlClient } from '../../../../../tests/support/scripted-mysql-client.ts';
import { command } from './protocol.ts';
import { parseServerError } from './server-error.ts';

describe.for(mysqlVersions)('a used connection on %s', (version) => {
  let fixture: MysqlFixture;
  const { login } = mysqlLogin;

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version);
    for (const statement of [
      'CREATE DATABASE other',
      `GRANT ALL ON other.* TO ${login}@'%'`,
      'CREATE ROLE writer',
      'CREATE ROLE always_on',
      `GRANT writer TO ${login}@'%'`,
      `GRANT always_on TO ${login}@'%'`,
      'CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, n INT)',
      'INSERT INTO app.t (n) VALUES (1), (2), (3)',
      'CREATE PROCEDURE app.fails_within() BEGIN START TRANSACTION; INSERT INTO app.t (n) VALUES (9); SELECT nonsense; END',
    ]) {
      await fixture.admin.query(statement);
    }
  });
  afterEach(() => fixture.closeDoors());
  afterAll(() => fixture.stop());

  /** One session that runs the statements and leaves; the server's number of its connection. */
  async function session(door: EngineDoor, statements: readonly string[] = []): Promise<unknown> {
    const client = await mysqlDriver(door);
    const id = await one(client, 'SELECT CONNECTION_ID()');
    for (const statement of statements) await client.query(statement).catch(() => {});
    await client.end();
    await door.settled();
    return id;
  }

  async function one(client: Connection, sql: string): Promise<unknown> {
    return (await rowsOf(client, sql))[0]?.[0];
  }

  const state = `SELECT DATABASE(), CURRENT_ROLE(), @@character_set_client, @@character_set_results,
    @@collation_connection, @@sql_mode, @@autocommit, @@time_zone, @@wait_timeout, @@sql_select_limit,
    @user_variable, LAST_INSERT_ID(), CONNECTION_ID()`;

  test('B08 D09 serves the next session without anything of the one before', async () => {
    const door = await fixture.open({ reuse: true });
    const first = await mysqlDriver(door);
    const before = await rowsOf(first, state);
    for (const statement of [
      'SET @user_variable = 1',
      "SET sql_mode = 'ANSI'",
      "SET time_zone = '+09:00'",
      'SET NAMES latin1',
      'SET wait_timeout = 77',
      'SET sql_select_limit = 1',
      'SET ROLE writer',
      'USE other',
      'CREATE TEMPORARY TABLE left_over (n INT)',
      "PREPARE kept FROM 'SELECT 1'",
      "SELECT GET_LOCK('kept', 0)",
      'INSERT INTO app.t (n) VALUES (4)',
      'LOCK TABLES app.t WRITE',
      'SELECT 1',
    ]) {
      await first.query(statement);
    }
    await first.end();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);

    const second = await mysqlDriver(door);
    expect(await rowsOf(second, state)).toEqual(before);
    await expect(second.query('SELECT * FROM other.left_over')).rejects.toThrow(/left_over/);
    await expect(second.query('EXECUTE kept')).rejects.toThrow(/kept/);
    expect((await rowsOf(second, 'SELECT COUNT(*) FROM app.t'))[0]).toEqual([4]);
    const [free] = await fixture.admin.query("SELECT IS_FREE_LOCK('kept') AS free");
    expect(free).toEqual([{ free: 1 }]);
    await fixture.admin.query('DELETE FROM app.t WHERE n = 4');
    await second.end();
  });

  test('D12 knows no statement of the session before by its number', async () => {
    const door = await fixture.open({ reuse: true });
    const first = await ScriptedMysqlClient.connect({ port: door.port });
    const [prepared = Buffer.alloc(0)] = await first.ask(
      mysqlCommand(command.prepare, 'SELECT COUNT(*) FROM app.t'),
      'prepare',
    );
    const execute = Buffer.concat([
      mysqlCommand(command.execute, prepared.readUInt32LE(1)),
      Buffer.from([0, 1, 0, 0, 0]),
    ]);
    await first.ask(execute, 'result');
    first.leave();
    await door.settled();

    const second = await ScriptedMysqlClient.connect({ port: door.port });
    const [error = Buffer.alloc(0)] = await second.ask(execute, 'one');
    expect(parseServerError(error).errno).toBe(1243);
    expect(door.upstreams[1]).toBe(door.upstreams[0]);
    second.leave();
    await door.settled();
  });

  test('D09 gets the default role of its login back', async () => {
    await fixture.admin.query(
      version === 'mysql-9.7'
        ? `SET DEFAULT ROLE always_on TO ${login}@'%'`
        : `SET DEFAULT ROLE always_on FOR ${login}@'%'`,
    );
    const door = await fixture.open({ reuse: true });
    const first = await mysqlDriver(door);
    const before = await one(first, 'SELECT CURRENT_ROLE()');
    const id = await one(first, 'SELECT CONNECTION_ID()');
    expect(before).toContain('always_on');
    await first.query('SET ROLE NONE');
    await first.end();
    await door.settled();
    const second = await mysqlDriver(door);
    expect(await one(second, 'SELECT CURRENT_ROLE()')).toBe(before);
    expect(await one(second, 'SELECT CONNECTION_ID()')).toBe(id);
    await second.end();
    await fixture.admin.query(
      version === 'mysql-9.7'
        ? `SET DEFAULT ROLE NONE TO ${login}@'%'`
        : `SET DEFAULT ROLE NONE FOR ${login}@'%'`,
    );
  });

  const leftOpen: readonly [what: string, statements: readonly string[]][] = [
    ['an open transaction', ['START TRANSACTION']],
    ['an open transaction that only reads', ['START TRANSACTION READ ONLY']],
    ['a transaction without autocommit', ['SET autocommit = 0', 'INSERT INTO t (n) VALUES (5)']],
    ['a transaction that a failed procedure has left', ['CALL fails_within()']],
    ['an error as its last answer', ['SELECT nonsense']],
    ['a distributed transaction', ["XA START 'x'"]],
    [
      'a distributed transaction that has ended',
      ["XA START 'y'", 'INSERT INTO t (n) VALUES (6)', "XA END 'y'"],
    ],
  ];
  test.for(leftOpen)('B06 with %s is not used again', async ([, statements]) => {
    const door = await fixture.open({ reuse: true });
    await session(door, statements);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
    expect(door.upstreams[0]?.closed).toBe(true);
  });

  test('B09 is used again by a client with the same capabilities and character set only', async () => {
    const door = await fixture.open({ reuse: true });
    const id = await session(door);
    expect(await session(door)).toBe(id);
    for (const options of [{ charset: 'latin1' }, { multipleStatements: true }, { flags: ['-FOUND_ROWS'] }]) {
      const client = await mysqlDriver(door, options);
      expect(await one(client, 'SELECT CONNECTION_ID()')).not.toBe(id);
      await client.end();
      await door.settled();
    }
    expect(await session(door)).toBe(id);
  });

  const collations = [
    'LATIN1_SWEDISH_CI',
    'LATIN1_GERMAN1_CI',
    'UTF8_GENERAL_CI',
    'UTF8MB4_BIN',
    'UTF8MB4_UNICODE_CI',
    'BINARY',
    'GBK_CHINESE_CI',
    ...(version === 'mysql-9.7' ? ['UTF8MB4_0900_AI_CI'] : []),
  ];
  test.for(collations)('comes back with the %s of its handshake', async (charset) => {
    const door = await fixture.open({ reuse: true });
    const names = `SELECT @@character_set_client, @@character_set_results, @@collation_connection, CONNECTION_ID(), 'x'`;
    const seen: unknown[] = [];
    let characterSet: unknown;
    for (let round = 0; round < 2; round += 1) {
      const client = await mysqlDriver(door, { charset });
      const [rows, fields] = await client.query<RowDataPacket[][]>({ sql: names, rowsAsArray: true });
      [characterSet] = rows[0] ?? [];
      seen.push([rows, fields.map(({ characterSet }) => characterSet)]);
      await client.query('SET NAMES ascii');
      await client.end();
      await door.settled();
    }
    expect(seen[1]).toEqual(seen[0]);
    const [[known]] = await fixture.admin.query<RowDataPacket[]>(
      'SELECT character_set_name AS name FROM information_schema.collations WHERE collation_name = ?',
      [charset.replace('UTF8_', 'UTF8MB3_')],
    );
    expect(String(characterSet)).toBe(known?.name);
  });

  test('of a server that runs statements at each login is not used again', async () => {
    await fixture.admin.query("SET GLOBAL init_connect = 'SET @by_the_server = 1'");
    const door = await fixture.open({ reuse: true });
    const id = await session(door);
    expect(await session(door)).not.toBe(id);
    await fixture.admin.query("SET GLOBAL init_connect = ''");
  });

  test('is left with a good-bye, so that the server does not take it for a failure', async () => {
    const aborted = "SHOW GLOBAL STATUS LIKE 'Aborted_clients'";
    const before = await rowsOf(fixture.admin, aborted);
    const door = await fixture.open({ reuse: true });
    const id = await session(door);
    door.upstreams[0]?.close();
    await fixture.ended(String(id));
    expect(await rowsOf(fixture.admin, aborted)).toEqual(before);
  });

  test('B07 that the server ends while idle says so', async () => {
    const door = await fixture.open({ reuse: true });
    const id = await session(door);
    const upstream = door.upstreams[0];
    const ended = new Promise<void>((resolve) => upstream?.onIdleEnd(resolve));
    await fixture.admin.query(`KILL ${id}`);
    await ended;
    expect(upstream?.closed).toBe(true);
  });

  test('A19 is not hit by a cancel that came while nothing ran', async () => {
    const door = await fixture.open({ reuse: true });
    const client = await mysqlDriver(door);
    const id = await one(client, 'SELECT CONNECTION_ID()');
    for (let round = 0; round < 20; round += 1) {
      await door.upstreams[0]?.cancel();
      expect(await one(client, 'SELECT 1')).toBe(1);
    }
    const cancel = door.upstreams[0]?.cancel();
    await client.end();
    await door.settled();
    await cancel;
    const next = await mysqlDriver(door);
    expect(await one(next, 'SELECT CONNECTION_ID()')).toBe(id);
    expect(await rowsOf(next, 'SELECT n FROM app.t ORDER BY n')).toEqual([[1], [2], [3]]);
    await next.end();
  });

  test('is asked by two connections at the most to end a statement, however many ask', async () => {
    const door = await fixture.open({ reuse: true });
    const client = await mysqlDriver(door);
    const slow = client
      .query('SELECT /* many */ MAX(SLEEP(1) + a.n) FROM t a, t b, t c')
      .catch((thrown) => thrown);
    await fixture.runs('many', true);
    const logins = async () =>
      Number((await rowsOf(fixture.admin, `SHOW GLOBAL STATUS LIKE 'Connections'`))[0]?.[1]);
    const before = await logins();
    await Promise.all(Array.from({ length: 30 }, () => door.upstreams[0]?.cancel()));
    expect(await slow).toMatchObject({ errno: 1317 });
    expect(await logins()).toBe(before + 2);
    expect(await one(client, 'SELECT 1')).toBe(1);
    await client.end();
  });
});
