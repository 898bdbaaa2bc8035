import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import {
  MysqlFixture,
  mysqlDriver,
  mysqlLogin,
  rowsOf,
  textsOf,
} from '../../../../../tests/support/mysql-fixture.ts';
import {
  mysqlCommand,
  ScriptedMysqlClient,
  textRow,
} from '../../../../../tests/support/scripted-mysql-client.ts';
import { offeredCapabilities } from './client-settings.ts';
import { packet } from './packets.ts';
import { capability, command } from './protocol.ts';
import { parseServerError } from './server-error.ts';

const { query, prepare, execute, fetch, sendLongData, closeStatement, resetStatement } = command;
const select = (sql: string) => mysqlCommand(query, sql);
/** COM_STMT_EXECUTE: number, flags, one iteration. */
const run = (id: number, flags: number, parameters: Buffer = Buffer.alloc(0)) =>
  Buffer.concat([mysqlCommand(execute, id), Buffer.of(flags), Buffer.from([1, 0, 0, 0]), parameters]);
const idOf = (prepared: readonly Buffer[]) => prepared[0]?.readUInt32LE(1) ?? 0;
const readOnlyCursor = 1;

/** How many packets a command of this many bytes needs. */
const packetsOf = (bytes: number) => Math.floor(bytes / 0xff_ffff) + 1;

const framings = [
  ['with EOF packets', offeredCapabilities & ~capability.deprecateEof],
  ['with OK in their place', offeredCapabilities],
] as const;

describe.for(mysqlVersions)('the relay to %s', (version) => {
  let fixture: MysqlFixture;

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version, { settings: { max_allowed_packet: '64M' } });
    for (const statement of [
      'CREATE TABLE app.t (id INT PRIMARY KEY, name VARCHAR(50))',
      "INSERT INTO app.t VALUES (1, 'eins'), (2, NULL), (3, 'drei')",
      'CREATE TABLE app.big (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB)',
      'CREATE PROCEDURE app.two() BEGIN SELECT 1; SELECT 2, 3; END',
    ]) {
      await fixture.admin.query(statement);
    }
  });
  afterEach(() => fixture.closeDoors());
  afterAll(() => fixture.stop());

  async function open(capabilities: number = offeredCapabilities) {
    const door = await fixture.open();
    return { door, client: await ScriptedMysqlClient.connect({ port: door.port, capabilities }) };
  }

  async function leave(door: EngineDoor, client: ScriptedMysqlClient): Promise<void> {
    client.leave();
    await door.settled();
  }

  describe.for(framings)('%s', ([, capabilities]) => {
    test('proves a connection idle after every kind of answer', async () => {
      const { door, client } = await open(capabilities);
      const conversation: readonly [Buffer, Parameters<ScriptedMysqlClient['read']>[0]][] = [
        [select('SELECT * FROM t'), 'result'],
        [select('SELECT * FROM t WHERE id > 9'), 'result'],
        [select('UPDATE t SET name = name'), 'result'],
        [select('SELECT 1; SELECT 2; DO 3'), 'result'],
        [select('CALL two()'), 'result'],
        [mysqlCommand(command.ping), 'ok'],
        [mysqlCommand(command.initDatabase, 'app'), 'ok'],
        [mysqlCommand(command.statistics), 'one'],
        [mysqlCommand(command.fieldList, 't\0'), 'rows'],
        [mysqlCommand(command.resetConnection), 'ok'],
      ];
      for (const [payload, kind] of conversation) {
        await client.ask(payload, kind);
        // The answer has ended for us; it must have ended for the relay too, or the next would be out of step.
        expect(textRow((await client.ask(select("SELECT 'x'"), 'result')).at(-2) ?? Buffer.alloc(0))).toEqual(
          ['x'],
        );
      }
      await leave(door, client);
      expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    });

    test('carries prepared statements, their cursors and what is sent ahead', async () => {
      const { door, client } = await open(capabilities);
      const id = idOf(
        await client.ask(mysqlCommand(prepare, 'SELECT id, name FROM t WHERE id > ?'), 'prepare'),
      );
      // Null bitmap, new types, LONGLONG, the value.
      const one = Buffer.from([0, 1, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
      await client.ask(run(id, 0, one), 'result');
      const opened = await client.ask(run(id, readOnlyCursor, one), 'result');
      expect(opened.length).toBe(4);
      const portion = await client.ask(mysqlCommand(fetch, id, 1), 'rows');
      expect(portion.length).toBe(2);
      await client.ask(mysqlCommand(fetch, id, 10), 'rows');
      await client.ask(mysqlCommand(resetStatement, id), 'ok');

      const long = idOf(await client.ask(mysqlCommand(prepare, 'SELECT LENGTH(?), ?'), 'prepare'));
      const ahead = (text: string) => mysqlCommand(sendLongData, long, Buffer.from([0, 0]), text);
      client.send(ahead('abc'));
      client.send(ahead('def'));
      const types = Buffer.from([0, 1, 0xfc, 0, 0xfd, 0, 2, 0x68, 0x69]);
      await client.ask(run(long, 0, types), 'result');
      client.send(mysqlCommand(closeStatement, long));
      await client.ask(mysqlCommand(command.ping), 'ok');
      await leave(door, client);
      expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
      expect(door.statements).toMatchObject([
        { text: 'SELECT id, name FROM t WHERE id > ?', parameters: ['1'], rows: 2 },
        { parameters: ['1'], rows: 0 },
        { text: 'SELECT id, name FROM t WHERE id > ?', rows: 1 },
        { rows: 1 },
        { text: 'SELECT LENGTH(?), ?', parameters: ['[6 bytes sent ahead]', 'hi'], rows: 1 },
      ]);
    });

    test('gives errors their place, also within a result', async () => {
      const { door, client } = await open(capabilities);
      const failures: readonly [Buffer, number][] = [
        [select('SELECT nonsense'), 1054],
        [mysqlCommand(prepare, 'SELECT nonsense'), 1054],
        [run(999, 0), 1243],
        [mysqlCommand(command.initDatabase, 'nowhere'), 1044],
      ];
      for (const [payload, errno] of failures) {
        const [error = Buffer.alloc(0)] = await client.ask(payload, 'one');
        expect(parseServerError(error).errno).toBe(errno);
      }
      const within = await client.ask(
        select('SELECT (SELECT id FROM t a WHERE a.id >= b.id) FROM t b'),
        'result',
      );
      expect(parseServerError(within.at(-1) ?? Buffer.alloc(0)).errno).toBe(1242);
      await leave(door, client);
      expect(door.statements.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual([
        ['failed', '1054'],
        ['failed', '1054'],
        ['failed', '1243'],
        ['failed', '1044'],
        ['failed', '1242'],
      ]);
    });

    test('keeps the answers of commands that were sent ahead in order', async () => {
      const { door, client } = await open(capabilities);
      const commands = [
        select("SELECT 'first'"),
        mysqlCommand(command.changeUser, 'eve\0'),
        select("SELECT 'second'; SELECT 'third'"),
        mysqlCommand(0x12, 'binlog'),
        select('SELECT nonsense'),
        mysqlCommand(command.ping),
      ];
      client.socket.write(Buffer.concat(commands.map((payload) => packet(0, payload))));
      expect(textRow((await client.read('result')).at(-2) ?? Buffer.alloc(0))).toEqual(['first']);
      expect(parseServerError((await client.read('one'))[0] ?? Buffer.alloc(0)).errno).toBe(1235);
      expect(textRow((await client.read('result')).at(-2) ?? Buffer.alloc(0))).toEqual(['third']);
      expect(parseServerError((await client.read('one'))[0] ?? Buffer.alloc(0)).errno).toBe(1047);
      expect(parseServerError((await client.read('one'))[0] ?? Buffer.alloc(0)).errno).toBe(1054);
      expect((await client.read('ok'))[0]?.[0]).toBe(0);
      await leave(door, client);
      expect(textsOf(door.statements)).toEqual([
        "SELECT 'first'",
        'COM_CHANGE_USER',
        "SELECT 'second'; SELECT 'third'",
        'COM_BINLOG_DUMP',
        'SELECT nonsense',
      ]);
    });
  });

  test('A08 D10 carries statements and rows of more than 16 MiB, and of exactly one packet', async () => {
    const { door, client } = await open();
    const around = "SELECT ''".length + 1;
    // Just below one packet, exactly one and so with an empty one behind it, more than two.
    const sizes = [0xff_ffff - 1, 0xff_ffff, 0xff_ffff + 1, 2 * 0xff_ffff + 5].map((size) => size - around);
    for (const size of sizes) {
      const answer = await client.ask(
        select(`SELECT '${'y'.repeat(size)}'`),
        'result',
        packetsOf(size + around),
      );
      const row = answer.at(-2) ?? Buffer.alloc(0);
      expect(row.length).toBe(size + (size < 0x100_0000 ? 4 : 9));
    }
    await leave(door, client);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    expect(door.statements.map(({ textBytes, rows }) => [textBytes, rows])).toEqual(
      sizes.map((size) => [size + around - 1, 1]),
    );
  });

  test('ends with a server that was sent a larger packet than it takes', async () => {
    const { door, client } = await open();
    client.send(select(`SELECT '${'y'.repeat(65 * 2 ** 20)}'`));
    // The server resets the connection over what it does not read: its own error may be lost on the way.
    const { payload } = await client.readPacket();
    expect([1153, 2013]).toContain(parseServerError(payload).errno);
    client.socket.destroy();
    await door.settled();
    expect(door.ends).toMatchObject([{ idle: false }]);
    expect(door.statements).toMatchObject([{ outcome: expect.stringMatching(/failed|unfinished/) }]);
  });

  const broken: readonly [what: string, bytes: Buffer][] = [
    ['a command with the number of another', packet(1, select('SELECT 1'))],
    ['an empty command', packet(0, Buffer.alloc(0))],
    ['an execution without its fields', packet(0, mysqlCommand(execute, 1))],
    ['a fetch without its fields', packet(0, mysqlCommand(fetch, 1))],
    ['data sent ahead without a parameter', packet(0, mysqlCommand(sendLongData, 1))],
    ['a close without a number', packet(0, mysqlCommand(closeStatement))],
  ];
  test.for(broken)(
    'A10 D10 ends the session over %s, and the server sees nothing of it',
    async ([, bytes]) => {
      const { door, client } = await open();
      await client.ask(select('SELECT 1'), 'result');
      client.socket.write(bytes);
      const { payload, sequence } = await client.readPacket();
      expect(parseServerError(payload).errno).toBe(1835);
      expect(sequence).toBe((bytes.readUInt8(3) + 1) & 0xff);
      await client.rest();
      await door.settled();
      expect(door.ends).toMatchObject([{ cause: 'protocol_violation' }]);
      expect(door.statements.length).toBe(1);
    },
  );

  test('lets a client in without anything that the server said of itself', async () => {
    const door = await fixture.open();
    const greeted = await ScriptedMysqlClient.connect({ port: door.port });
    // MariaDB 11 proves by the password that it is genuine, and may name an address to go to instead.
    expect(greeted.welcome).toEqual(Buffer.from([0, 0, 0, 2, 0, 0, 0]));
    greeted.leave();
  });

  test('opens the session with the character set, the database and the program of the client', async () => {
    const door = await fixture.open();
    const client = await mysqlDriver(door, { charset: 'LATIN1_SWEDISH_CI' });
    expect(await rowsOf(client, 'SELECT @@character_set_client, DATABASE(), USER()')).toEqual([
      ['latin1', 'app', expect.stringMatching(new RegExp(`^${mysqlLogin.login}@`))],
    ]);
    await client.end();
  });
});
