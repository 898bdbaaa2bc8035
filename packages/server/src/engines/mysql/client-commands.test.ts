import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture } from '../../../../../tests/support/mysql-fixture.ts';
import { mysqlCommand, ScriptedMysqlClient } from '../../../../../tests/support/scripted-mysql-client.ts';
import { command } from './protocol.ts';
import { parseServerError } from './server-error.ts';

const select = (sql: string) => mysqlCommand(command.query, sql);

describe.for(mysqlVersions)('on %s the gateway', (version) => {
  let fixture: MysqlFixture;

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version);
    await fixture.admin.query('CREATE TABLE app.t (id INT PRIMARY KEY, name VARCHAR(50))');
  });
  afterEach(() => fixture.closeDoors());
  afterAll(() => fixture.stop());

  async function open(): Promise<{ door: EngineDoor; client: ScriptedMysqlClient }> {
    const door = await fixture.open();
    return { door, client: await ScriptedMysqlClient.connect({ port: door.port }) };
  }

  async function leave(door: EngineDoor, client: ScriptedMysqlClient): Promise<void> {
    client.leave();
    await door.settled();
  }

  const denied: readonly [what: string, code: number, errno: number][] = [
    ['COM_CREATE_DB', 0x05, 1047],
    ['COM_DROP_DB', 0x06, 1047],
    ['COM_REFRESH', 0x07, 1047],
    ['COM_SHUTDOWN', 0x08, 1047],
    ['COM_PROCESS_INFO', 0x0a, 1047],
    ['COM_CONNECT', 0x0b, 1047],
    ['COM_DEBUG', 0x0d, 1047],
    ['COM_CHANGE_USER', 0x11, 1235],
    ['COM_BINLOG_DUMP', 0x12, 1047],
    ['COM_TABLE_DUMP', 0x13, 1047],
    ['COM_REGISTER_SLAVE', 0x15, 1047],
    ['COM_DAEMON', 0x1d, 1047],
    ['COM_BINLOG_DUMP_GTID', 0x1e, 1047],
    ['COM_CLONE', 0x20, 1047],
    ['COM_STMT_BULK_EXECUTE', 0xfa, 1047],
    ['COM_MULTI', 0xfe, 1047],
    ['COM_0x00', 0x00, 1047],
    ['COM_0x77', 0x77, 1047],
  ];
  test.for(denied)('D02 D03 answers %s itself, and the session goes on', async ([name, code, errno]) => {
    const { door, client } = await open();
    const [error = Buffer.alloc(0)] = await client.ask(mysqlCommand(code, 'anything\0at all'), 'one');
    expect(parseServerError(error).errno).toBe(errno);
    await client.ask(select('SELECT 1'), 'result');
    await leave(door, client);
    expect(door.statements).toMatchObject([
      { text: name, outcome: 'failed', errorCode: String(errno) },
      { text: 'SELECT 1', outcome: 'succeeded' },
    ]);
    expect(door.relays[0]?.statements).toBe(1);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });

  test('records COM_FIELD_LIST as the statement that shows the same, and before it runs where that is demanded', async () => {
    const door = await fixture.open({
      observer: {
        wantsParameters: false,
        admit: async (text) => void door.statements.push({ text, durationMs: 0, outcome: 'unfinished' }),
        finished: (statement) => void door.statements.push(statement),
      },
    });
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    await client.ask(mysqlCommand(command.fieldList, 't\0na%'), 'rows');
    await client.ask(mysqlCommand(command.fieldList, 'nowhere\0'), 'one');
    await leave(door, client);
    expect(door.statements).toMatchObject([
      { text: 'SHOW FIELDS FROM t', outcome: 'unfinished' },
      { text: 'SHOW FIELDS FROM t', outcome: 'succeeded', rows: 1 },
      { text: 'SHOW FIELDS FROM nowhere', outcome: 'unfinished' },
      { text: 'SHOW FIELDS FROM nowhere', outcome: 'failed', errorCode: '1146' },
    ]);
  });

  test('lets multi-statements be switched, and does not use the connection again', async () => {
    const { door, client } = await open();
    await client.ask(mysqlCommand(command.setOption, Buffer.from([1, 0])), 'ok');
    const [error = Buffer.alloc(0)] = await client.ask(select('SELECT 1; SELECT 2'), 'one');
    expect(parseServerError(error).errno).toBe(1064);
    await client.ask(mysqlCommand(command.setOption, Buffer.from([0, 0])), 'ok');
    await client.ask(select('SELECT 1; SELECT 2'), 'result');
    await leave(door, client);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
  });
});
