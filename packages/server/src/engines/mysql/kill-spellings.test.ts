import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { mysqlBuilds, mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, rowsOf } from '../../../../../tests/support/mysql-fixture.ts';
import { mysqlCommand, ScriptedMysqlClient } from '../../../../../tests/support/scripted-mysql-client.ts';
import { command } from './protocol.ts';
import { parseServerError } from './server-error.ts';

const offered = 1235;
const notPrepared = 1295;

/** Texts that end the session with the server's number `$id`, wherever they get there. */
const spellings: readonly string[] = [
  'KILL /* */ $id /* */ + 0',
  'KILL ($id)',
  'KILL CONNECTION $id + 0',
  'KILL USER relay_app',
  'KILL HARD USER relay_app',
  'KILL QUERY ID $id',
  '/*!50000 KILL $id*/',
  '/*!50000KILL $id*/',
  '/*!KILL $id*/',
  '/*M!100100 KILL $id */',
  '/*! */ KILL/**/$id+0',
  "/*!99999 ' */ KILL $id+0 /* ' */",
  '/*!99999 /* */ KILL */ KILL $id+0',
  '-- a comment\nKILL $id+0',
  '# a comment\n\tkill $id+0',
  '--\nKILL $id+0',
  'SET @id = $id; KILL @id',
  "SELECT 'it\\'s'; KILL $id",
  'SELECT "a""b", `c``d` FROM (SELECT 1 AS `c``d`) t; KILL $id',
  "SELECT 1;KILL $id;SELECT ''",
  'SELECT 1 /* ; */ ; /* KILL */ KILL $id',
  "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT '\\'; KILL $id; -- '",
  'SET sql_mode = \'ANSI_QUOTES\'; SELECT 1 AS "\\"; KILL $id; -- "',
  "SET NAMES gbk; SELECT 'a\\'b', '$high\\'; KILL $id; -- '",
  "PREPARE s FROM 'KILL $id'",
  "PREPARE s FROM '\\nKILL $id'",
  "PREPARE s FROM 'KILL ?'; SET @id = $id; EXECUTE s USING @id",
  "EXECUTE IMMEDIATE 'KILL $id'",
  'BEGIN NOT ATOMIC KILL $id; END',
  'IF 1 THEN KILL $id; END IF',
  'SET STATEMENT max_statement_time = 1 FOR KILL $id',
  'CREATE PROCEDURE killer(IN id BIGINT) KILL id',
  'CREATE PROCEDURE killer(IN id BIGINT) BEGIN DECLARE x INT; IF id > 0 THEN KILL id; END IF; END',
  'CREATE EVENT killer ON SCHEDULE AT CURRENT_TIMESTAMP DO KILL $id',
  `SELECT '${'x'.repeat(70_000)}'; KILL $id`,
];

describe.for(mysqlVersions)('on %s', (version) => {
  let fixture: MysqlFixture;
  let door: EngineDoor;
  let victim: ScriptedMysqlClient;

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version);
    door = await fixture.open();
    victim = await ScriptedMysqlClient.connect({ port: door.port });
  });
  afterAll(() => fixture.stop());

  function spelt(spelling: string): Buffer {
    const text = spelling.replaceAll('$id', door.upstreams[0]?.pid ?? '');
    return Buffer.from(text.replaceAll('$high', '\xbf'), 'latin1');
  }

  async function lives(): Promise<boolean> {
    const id = door.upstreams[0]?.pid;
    const look = `SELECT COUNT(*) FROM information_schema.processlist WHERE id = ${id}`;
    return String((await rowsOf(fixture.admin, look))[0]?.[0]) === '1';
  }

  test.for(spellings)('%s as a query does not reach a session by the server’s number', async (spelling) => {
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    client.send(Buffer.concat([Buffer.of(command.query), spelt(spelling)]));
    const { payload } = await client.readPacket();
    expect(parseServerError(payload)).toMatchObject({
      errno: offered,
      message: expect.stringContaining('KILL'),
    });
    expect(await lives()).toBe(true);
    client.leave();
  });

  test.for(spellings.filter((spelling) => !spelling.includes('x'.repeat(1_000))))(
    '%s cannot be prepared by the binary protocol',
    async (spelling) => {
      const client = await ScriptedMysqlClient.connect({ port: door.port });
      client.send(Buffer.concat([Buffer.of(command.prepare), spelt(spelling)]));
      const { payload } = await client.readPacket();
      expect([offered, notPrepared]).toContain(parseServerError(payload).errno);
      await client.ask(mysqlCommand(command.ping), 'ok');
      client.leave();
    },
  );

  test('a text of several packets with a KILL in the second ends its own session, and no other', async () => {
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    const text = Buffer.concat([Buffer.alloc(0x100_0000, ' '), spelt('SELECT 1; KILL $id')]);
    client.send(Buffer.concat([Buffer.of(command.query), text]));
    const { payload } = await client.readPacket();
    expect(parseServerError(payload)).toMatchObject({ errno: offered });
    await client.rest();
    expect(await lives()).toBe(true);
  });

  const backToDefaults: readonly (readonly [what: string, command: Buffer])[] = [
    ['COM_RESET_CONNECTION', mysqlCommand(command.resetConnection)],
    ['SET NAMES DEFAULT', mysqlCommand(command.query, 'SET NAMES DEFAULT')],
    ['SET CHARACTER SET DEFAULT', mysqlCommand(command.query, 'SET CHARACTER SET DEFAULT')],
  ];
  test.for(backToDefaults)('a character set that comes back by %s is reckoned with', async ([, back]) => {
    await fixture.admin.query('SET GLOBAL character_set_client = gbk');
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    await client.ask(back, 'ok');
    const text = spelt("SELECT '$high\\'; KILL $id; -- '");
    client.send(Buffer.concat([Buffer.of(command.query), text]));
    expect(parseServerError((await client.readPacket()).payload)).toMatchObject({ errno: offered });
    client.leave();
    await fixture.admin.query('SET GLOBAL character_set_client = utf8mb4');
    expect(await lives()).toBe(true);
  });

  test('the numbers of the gateway still work, with comments around too', async () => {
    for (const sql of ['KILL QUERY $id', '/* a tool */ KILL QUERY /* it */ $id -- done']) {
      const client = await ScriptedMysqlClient.connect({ port: door.port });
      const text = sql.replaceAll('$id', String(victim.connectionId));
      const [answer] = await client.ask(mysqlCommand(command.query, text), 'one');
      expect(answer?.[0]).toBe(0);
      client.leave();
    }
    expect(await lives()).toBe(true);
  });

  const harmless: readonly string[] = [
    "SELECT 'KILL 5'",
    "SELECT 'it\\'s a kill', \"kill\"",
    "SELECT 'caf\u00e9\\' kill 5; '",
    'SELECT 1 /* kill 5 */',
    'SELECT 1 -- kill 5',
    'SELECT 1 # kill 5\n',
    'SELECT `kill`, t.kill, @kill FROM (SELECT 1 AS `kill`) t',
    "SELECT 'skills', 'killer' AS overkill",
    "PREPARE s FROM 'SELECT ''skills'''",
    `SELECT '${'x'.repeat(70_000)} it\\'s "a kill" \\" 5'`,
  ];
  test.for(harmless)('%s is nobody’s KILL', async (sql) => {
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    const answer = await client.ask(mysqlCommand(command.query, sql), 'result');
    expect(answer.at(-1)?.[0]).not.toBe(0xff);
    client.leave();
  });

  test('a KILL that was prepared ahead of its execution does not run what was prepared before', async () => {
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    await client.ask(mysqlCommand(command.query, 'CREATE TABLE IF NOT EXISTS ahead (n INT)'), 'one');
    await client.ask(mysqlCommand(command.prepare, 'INSERT INTO ahead VALUES (1)'), 'prepare');
    const last = 0xffff_ffff;
    client.send(mysqlCommand(command.prepare, 'KILL 5'));
    client.send(mysqlCommand(command.sendLongData, last, Buffer.from([0, 0]), 'x'));
    client.send(mysqlCommand(command.execute, last, Buffer.from([0, 1, 0, 0, 0])));
    client.send(mysqlCommand(command.closeStatement, last));
    client.send(mysqlCommand(command.ping));
    expect(parseServerError((await client.readPacket()).payload).errno).toBe(notPrepared);
    expect(parseServerError((await client.readPacket()).payload).errno).toBe(1243);
    expect((await client.readPacket()).payload[0]).toBe(0);
    expect(await rowsOf(fixture.admin, 'SELECT COUNT(*) FROM app.ahead')).toEqual([[0]]);
    client.leave();
  });

  test('a procedure that somebody else made stays what it is: the server’s to allow', async () => {
    const product = mysqlBuilds[version].product;
    await fixture.admin.query('CREATE PROCEDURE app.peaceful() SELECT 1');
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    const answer = await client.ask(mysqlCommand(command.query, 'CALL peaceful()'), 'result');
    expect(answer.at(-1)?.[0], product).toBe(0);
    client.leave();
  });
});
