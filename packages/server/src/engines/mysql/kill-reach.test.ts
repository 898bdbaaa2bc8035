import dns from 'node:dns';
import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { type GatedRelay, startGatedRelay } from '../../../../../tests/support/gated-relay.ts';
import {
  MysqlFixture,
  mysqlDatabase,
  mysqlDriver,
  mysqlLogin,
} from '../../../../../tests/support/mysql-fixture.ts';

describe.for(['mysql-9.7', 'mariadb-10.11'] as const)('behind a name for several servers (%s)', (version) => {
  let ours: MysqlFixture;
  let other: MysqlFixture;
  let relay: GatedRelay;

  beforeAll(async () => {
    [ours, other] = await Promise.all([MysqlFixture.start(version), MysqlFixture.start(version)]);
    relay = await startGatedRelay(ours.server);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await ours.closeDoors();
    relay.leadTo(ours.server);
  });
  afterAll(async () => {
    await relay?.stop();
    await ours?.stop();
    await other?.stop();
  });

  async function open(): Promise<EngineDoor> {
    return await ours.open({ database: { host: '127.0.0.1', port: relay.port } });
  }

  /** A session of the same login on the other server, with the number of the one that the door has open. */
  async function namesake(door: EngineDoor): Promise<Connection> {
    const wanted = Number(door.upstreams[0]?.pid);
    const { host, port } = other.server;
    const { login: user, password } = mysqlLogin;
    for (;;) {
      const connection = await createConnection({ host, port, user, password, database: mysqlDatabase });
      connection.on('error', () => {});
      const [[row]] = await connection.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
      if (row?.id === wanted) return connection;
      await connection.end();
      if (row?.id > wanted) throw new Error(`the other server is at ${row?.id} already, beyond ${wanted}`);
    }
  }

  /** Our server counts ahead, so that the other can catch up. */
  async function countAhead(): Promise<void> {
    for (let count = 0; count < 30; count += 1) await (await ours.server.adminClient()).end();
  }

  test('a KILL for who vanished never hits a session of the same number on another server', async () => {
    await countAhead();
    const door = await open();
    const client = await mysqlDriver(door);
    const victim = await namesake(door);
    client.query('SELECT /* vanished */ SLEEP(3000)').catch(() => {});
    await ours.runs('vanished', true);
    relay.leadTo(other.server);
    client.destroy();
    await door.settled();
    await door.upstreams[0]?.settled();
    expect(await victim.query('SELECT 1')).toMatchObject([[{ 1: 1 }], {}]);
    await victim.end();
    await ours.admin.query(`KILL ${door.upstreams[0]?.pid}`);
  });

  test('a KILL QUERY that gets to another server is not said there, and may be asked for again', async () => {
    const door = await open();
    const client = await mysqlDriver(door);
    const ended = client.query('SELECT /* cancelled */ MAX(SLEEP(3000))').catch((cause: Error) => cause);
    await ours.runs('cancelled', true);
    relay.leadTo(other.server);
    const [[before]] = await other.admin.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_kill'");
    await door.upstreams[0]?.cancel();
    const [[after]] = await other.admin.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_kill'");
    expect(after).toEqual(before);
    await ours.runs('cancelled', true);
    relay.leadTo(ours.server);
    await door.upstreams[0]?.cancel();
    await ended;
    await client.query('SELECT 1');
    await client.end();
  });

  test('whoever asks for a KILL that cannot be said is told that the statement may still run', async () => {
    const door = await open();
    const [client, asker] = [await mysqlDriver(door), await mysqlDriver(door)];
    const ended = client.query('SELECT /* unsaid */ MAX(SLEEP(3000))').catch((cause: Error) => cause);
    await ours.runs('unsaid', true);
    relay.leadTo(other.server);
    const kill = `KILL QUERY ${client.threadId}`;
    await expect(asker.query(kill)).rejects.toMatchObject({
      errno: 1105,
      sqlMessage: expect.stringMatching(/^The database could not be asked .* \[statement_not_ended\]$/),
    });
    await ours.runs('unsaid', true);
    relay.leadTo(ours.server);
    expect(await asker.query(kill)).toMatchObject([{ affectedRows: 0 }, undefined]);
    await ended;
    await client.query('SELECT 1');
    expect(door.statements.filter(({ text }) => text === kill)).toMatchObject([
      { outcome: 'failed', errorCode: '1105' },
      { outcome: 'succeeded' },
    ]);
    await client.end();
    await asker.end();
  });

  test('whoever asks for a KILL at another gateway is told that it was passed on', async () => {
    const observer = {
      wantsParameters: false,
      finished: () => {},
      endPeer: async () => 'passed_on' as const,
    };
    const door = await ours.open({ observer });
    const asker = await mysqlDriver(door);
    const [answer] = await asker.query<ResultSetHeader>('KILL QUERY 7');
    expect(answer.info).toContain('passed on to the gateway that has this session');
    expect(await asker.query('SELECT 1')).toMatchObject([[{ 1: 1 }], {}]);
    await asker.end();
  });

  test('a KILL goes to the address of the session, also when the name has another by then', async () => {
    const door = await ours.open({ database: { host: 'localhost', port: relay.port } });
    const client = await mysqlDriver(door);
    const statement = client.query('SELECT /* moved */ MAX(SLEEP(3000))').catch((cause: Error) => cause);
    await ours.runs('moved', true);
    const lookUp = vi.spyOn(dns, 'lookup').mockImplementation((...args: readonly unknown[]) => {
      const answer = args.at(-1) as (failure: Error) => void;
      answer(new Error('no such name any more'));
    });
    await door.upstreams[0]?.cancel();
    lookUp.mockRestore();
    await statement;
    await client.query('SELECT 1');
    await client.end();
  });
});
