import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, mysqlDriver, rowsOf } from '../../../../../tests/support/mysql-fixture.ts';
import { mysqlCommand, ScriptedMysqlClient } from '../../../../../tests/support/scripted-mysql-client.ts';
import { Refusal } from '../../core/index.ts';
import { packet } from './packets.ts';
import { command } from './protocol.ts';
import { parseServerError } from './server-error.ts';

const revoked = new Refusal('access_revoked', { reason: 'a test' });
const select = (sql: string) => mysqlCommand(command.query, sql);

/** The packets in a stretch of bytes. The last one must be whole. */
function packetsIn(bytes: Buffer): readonly { readonly sequence: number; readonly payload: Buffer }[] {
  const packets: { sequence: number; payload: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUIntLE(at, 3);
    if (end > bytes.length) throw new Error('the last packet is not whole');
    packets.push({ sequence: bytes.readUInt8(at + 3), payload: bytes.subarray(at + 4, end) });
    at = end;
  }
  return packets;
}

describe.for(mysqlVersions)('a session on %s', (version) => {
  let fixture: MysqlFixture;

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version);
    await fixture.admin.query('CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, n INT)');
    await fixture.admin.query('CREATE TABLE app.numbers (id INT)');
    await fixture.admin.query('INSERT INTO app.numbers VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10)');
  });
  afterEach(() => fixture.closeDoors());
  afterAll(() => fixture.stop());

  const slow = 'SELECT /* slow */ MAX(SLEEP(1) + a.id) FROM numbers a, numbers b';
  const endless =
    "SELECT REPEAT('x', 1000) FROM numbers a, numbers b, numbers c, numbers d, numbers e, numbers f";

  async function open(): Promise<{ door: EngineDoor; client: ScriptedMysqlClient }> {
    const door = await fixture.open();
    return { door, client: await ScriptedMysqlClient.connect({ port: door.port }) };
  }

  test('that is stopped while nothing runs tells so under the number of a new answer', async () => {
    const { door, client } = await open();
    await client.ask(select('SELECT 1'), 'result');
    await door.relays[0]?.stop(revoked, 1_500);
    const [last] = packetsIn(await client.rest());
    expect(last?.sequence).toBe(0);
    expect(parseServerError(last?.payload ?? Buffer.alloc(0))).toMatchObject({
      errno: 1317,
      message: expect.stringContaining('Your access was revoked: a test'),
    });
    expect(door.ends).toEqual([{ cause: 'stopped', idle: true }]);
  });

  test('J08 that is stopped during a statement gets its error as the answer, and the server is free', async () => {
    const { door, client } = await open();
    client.send(select(slow));
    await fixture.runs('slow', true);
    await door.relays[0]?.stop(revoked, 1_500);
    const [last] = packetsIn(await client.rest());
    expect(last?.sequence).toBe(1);
    expect(parseServerError(last?.payload ?? Buffer.alloc(0)).errno).toBe(1317);
    await fixture.runs('slow', false);
    expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
    expect(door.statements).toMatchObject([{ outcome: 'unfinished' }]);
  });

  test('B05 that is stopped in the middle of a result gets its error in the place of a row', async () => {
    const { door, client } = await open();
    client.send(select(endless));
    const head = await client.readPacket();
    expect(head.payload).toEqual(Buffer.of(1));
    const stopped = door.relays[0]?.stop(revoked, 1_500);
    const packets = packetsIn(await client.rest());
    await stopped;
    const last = packets.at(-1);
    expect(packets.length).toBeGreaterThan(1);
    expect(packets.map(({ sequence }) => sequence)).toEqual(packets.map((_, at) => (at + 2) & 0xff));
    expect(parseServerError(last?.payload ?? Buffer.alloc(0)).errno).toBe(1317);
    await fixture.runs('REPEAT', false);
  });

  test('that is stopped while its client sends a long command gets its error behind what was sent', async () => {
    const { door, client } = await open();
    client.socket.write(Buffer.from([0xff, 0xff, 0xff, 0]));
    client.socket.write(
      Buffer.concat([Buffer.of(command.query), Buffer.from('SELECT 1'), Buffer.alloc(70_000, 32)]),
    );
    while (door.relays[0]?.statements !== 1) await new Promise((resolve) => setImmediate(resolve));
    await door.relays[0]?.stop(revoked, 1_500);
    const [last] = packetsIn(await client.rest());
    expect(last?.sequence).toBe(1);
    expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
  });

  test('whose client does not read is cut at the deadline', async () => {
    const { door, client } = await open();
    client.send(select(endless));
    await client.readPacket();
    client.socket.pause();
    await fixture.runs('REPEAT', true);
    await door.relays[0]?.stop(revoked, 200);
    expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
    await fixture.runs('REPEAT', false);
  });

  test('whose client has gone runs nothing any more of what was sent ahead', async () => {
    const { door, client } = await open();
    const commands = [slow, 'INSERT INTO t (n) VALUES (1)'];
    client.socket.write(Buffer.concat(commands.map((sql) => packet(0, select(sql)))));
    await fixture.runs('slow', true);
    client.socket.destroy();
    await door.settled();
    await fixture.ended(door.upstreams[0]?.pid ?? '');
    expect(door.statements.map(({ outcome }) => outcome)).toEqual(['unfinished', 'unfinished']);
    const [rows] = await fixture.admin.query('SELECT COUNT(*) AS rows_there FROM app.t');
    expect(rows).toEqual([{ rows_there: 0 }]);
  });

  test('whose record cannot be written gets an error in the place of its answer', async () => {
    const finished = () => {
      throw new Refusal('audit_unavailable');
    };
    const door = await fixture.open({ observer: { wantsParameters: false, finished } });
    for (const [sql, sequence] of [
      ['DO 1', 1],
      ['SELECT 1', 4],
      ['SELECT nonsense', 1],
    ] as const) {
      const client = await ScriptedMysqlClient.connect({ port: door.port });
      client.send(select(sql));
      const last = packetsIn(await client.rest()).at(-1);
      expect(last?.sequence).toBe(sequence);
      expect(parseServerError(last?.payload ?? Buffer.alloc(0)).errno).toBe(1026);
    }
  });

  test('B07 whose connection the server ends tells so', async () => {
    const { door, client } = await open();
    await client.ask(select('SELECT 1'), 'result');
    await fixture.admin.query(`KILL ${door.upstreams[0]?.pid}`);
    const packets = packetsIn(await client.rest());
    expect(packets.length).toBe(1);
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
  });

  test('that kills itself by its number is told so in the answer, and by KILL QUERY goes on', async () => {
    const { door, client } = await open();
    const [ok] = await client.ask(select(`KILL QUERY ${client.connectionId}`), 'one');
    expect(ok?.[0]).toBe(0);
    await client.ask(select('SELECT 1'), 'result');
    client.send(select(`KILL ${client.connectionId}`));
    const [last] = packetsIn(await client.rest());
    expect(last?.sequence).toBe(1);
    expect(parseServerError(last?.payload ?? Buffer.alloc(0)).message).toContain('you ended this session');
    await door.settled();
    expect(door.statements.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  describe('that is killed from another of the same person', () => {
    test('by KILL QUERY and its number loses its statement only', async () => {
      const { door, client } = await open();
      client.send(
        select('SELECT /* slow */ COUNT(*) FROM numbers a, numbers b, numbers c WHERE SLEEP(1) + a.id > 99'),
      );
      await fixture.runs('slow', true);
      const other = await mysqlDriver(door);
      await other.query(`KILL QUERY ${client.connectionId}`);
      const { payload } = await client.readPacket();
      // MySQL takes the sleep for done; what it then says of the rest differs.
      expect([0x01, 0xff]).toContain(payload[0]);
      await fixture.runs('slow', false);
      await other.end();
      client.socket.destroy();
      await door.settled();
      expect(door.statements).toContainEqual(
        expect.objectContaining({ text: `KILL QUERY ${client.connectionId}`, outcome: 'succeeded' }),
      );
    });

    test('by KILL and its number ends, and is told why', async () => {
      const { door, client } = await open();
      const other = await mysqlDriver(door);
      for (const kill of [`kill ${client.connectionId}`, 'KILL CONNECTION 4294967295;', 'KILL 9999999999']) {
        await other.query(kill).catch((error: unknown) => {
          expect(error).toMatchObject({ errno: 1094 });
        });
      }
      const [last] = packetsIn(await client.rest());
      expect(parseServerError(last?.payload ?? Buffer.alloc(0)).message).toContain('you ended this session');
      expect(await rowsOf(other, 'SELECT 1')).toEqual([[1]]);
      await other.end();
      await door.settled();
      expect(door.statements).toMatchObject([
        { text: `kill ${client.connectionId}`, outcome: 'succeeded' },
        { text: 'KILL CONNECTION 4294967295;', outcome: 'failed', errorCode: '1094' },
        { text: 'KILL 9999999999', outcome: 'failed', errorCode: '1094' },
        { text: 'SELECT 1', outcome: 'succeeded' },
      ]);
    });

    test('D03 by COM_PROCESS_KILL ends too', async () => {
      const { door, client } = await open();
      const other = await ScriptedMysqlClient.connect({ port: door.port });
      const answer = await other.ask(mysqlCommand(command.processKill, client.connectionId), 'one');
      expect(answer[0]?.[0]).toBe(0);
      await client.rest();
      const unknown = await other.ask(mysqlCommand(command.processKill, 1), 'one');
      expect(parseServerError(unknown[0] ?? Buffer.alloc(0)).errno).toBe(1094);
      other.leave();
    });
  });
});
