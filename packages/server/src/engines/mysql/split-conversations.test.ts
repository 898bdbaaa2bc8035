import { createConnection as createMariadb } from 'mariadb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, mysqlDriver } from '../../../../../tests/support/mysql-fixture.ts';
import {
  cutAnywhere,
  inPieces,
  recordTurns,
  saidBy,
  type Turn,
} from '../../../../../tests/support/recorded-conversation.ts';
import { mysqlCommand, ScriptedMysqlClient } from '../../../../../tests/support/scripted-mysql-client.ts';
import type { FinishedStatement } from '../engine.ts';
import { FrameScanner } from '../relaying/index.ts';
import { ClientMessages } from './client-messages.ts';
import { offeredCapabilities } from './client-settings.ts';
import { Conversation } from './conversation.ts';
import { frameLayout } from './frame-layout.ts';
import { packet } from './packets.ts';
import { capability, command, status } from './protocol.ts';
import { ServerMessages } from './server-messages.ts';

interface Recording {
  readonly turns: readonly Turn[];
  readonly capabilities: number;
}

/** Signs in on `port`, calls `begin`, and has its conversation. */
type Use = (port: number, begin: () => void) => Promise<void>;

/** What a relay makes of a conversation: the bytes that go on, and the records. */
function relayed({ turns, capabilities }: Recording) {
  const records: Omit<FinishedStatement, 'durationMs'>[] = [];
  const observer = {
    wantsParameters: true,
    finished: ({ durationMs: _, ...statement }: FinishedStatement) => void records.push(statement),
  };
  const talk = new Conversation(observer, status.autocommit);
  const clientMessages = new ClientMessages(talk, observer, { characterSets: ['utf8mb4'], sqlMode: '' });
  const serverMessages = new ServerMessages(talk, capabilities, (id) => clientMessages.prepared(id));
  const scanners = {
    client: new FrameScanner(frameLayout, clientMessages),
    server: new FrameScanner(frameLayout, serverMessages),
  };
  const through = { client: [] as Buffer[], server: [] as Buffer[] };
  for (const { from, bytes } of turns) through[from].push(scanners[from].push(bytes));
  return {
    client: Buffer.concat(through.client).toString('latin1'),
    server: Buffer.concat(through.server).toString('latin1'),
    records,
    idle: talk.idle && scanners.client.atBorder && scanners.server.heldBytes === 0,
    end: clientMessages.verdict?.kind,
  };
}

const withEof = offeredCapabilities & ~capability.deprecateEof;

/** The capabilities are those that decide how answers are framed. */
const clients: readonly [who: string, capabilities: number, use: Use][] = [
  [
    'mysql2',
    withEof,
    async (port, begin) => {
      const client = await mysqlDriver({ port }, { multipleStatements: true });
      begin();
      await client.execute('SELECT ? AS `é`, ?', ['ü€', 5]);
      await client.execute('SELECT ? AS `é`, ?', [null, 6]);
      await client.query('SELEKT 1').catch(() => {});
      await client.query('SELECT 1; SELECT seq FROM seven; DO 1; SELECT nonsense').catch(() => {});
      await client.query('START TRANSACTION');
      await client.query('ROLLBACK');
      await client.query("SELECT REPEAT('x', 3000)");
      await client.ping();
      await client.end();
    },
  ],
  [
    'the driver of MariaDB, with a pipeline',
    offeredCapabilities,
    async (port, begin) => {
      const client = await createMariadb({
        host: '127.0.0.1',
        port,
        user: 'anyone',
        password: 'token',
        allowPublicKeyRetrieval: true,
      });
      begin();
      await Promise.all([1, 2, 3].map((n) => client.query(`SELECT ${n}, seq FROM seven`)));
      await client.execute('SELECT seq FROM seven WHERE seq > ?', [3]);
      await client.query('SELEKT 1').catch(() => {});
      await client.query('DO 1');
      await client.end();
    },
  ],
  ...([withEof, offeredCapabilities] as const).map((capabilities): [string, number, Use] => [
    `a client with cursors and data sent ahead, ${capabilities === withEof ? 'with' : 'without'} EOF packets`,
    capabilities,
    async (port, begin) => {
      const client = await ScriptedMysqlClient.connect({ port, capabilities });
      begin();
      const sql = 'SELECT seq FROM seven WHERE seq > ?';
      const [head] = await client.ask(mysqlCommand(command.prepare, sql), 'prepare');
      const id = head?.readUInt32LE(1) ?? 0;
      const cursor = Buffer.from([1, 1, 0, 0, 0, 0, 1, 3, 0, 2, 0, 0, 0]);
      await client.ask(Buffer.concat([mysqlCommand(command.execute, id), cursor]), 'result');
      await client.ask(mysqlCommand(command.fetch, id, 2), 'rows');
      await client.ask(mysqlCommand(command.fetch, id, 20), 'rows');
      // MySQL does not answer as it should when a statement that had a cursor is executed without one.
      const [second] = await client.ask(mysqlCommand(command.prepare, sql), 'prepare');
      const again = second?.readUInt32LE(1) ?? 0;
      client.socket.write(
        Buffer.concat([
          packet(0, mysqlCommand(command.sendLongData, again, Buffer.from([0, 0]), '1')),
          packet(
            0,
            Buffer.concat([
              mysqlCommand(command.execute, again),
              Buffer.from([0, 1, 0, 0, 0, 0, 1, 0xfd, 0]),
            ]),
          ),
          packet(0, mysqlCommand(command.closeStatement, again)),
          packet(0, mysqlCommand(command.statistics)),
          packet(0, mysqlCommand(command.fieldList, 'seven\0')),
        ]),
      );
      await client.read('result');
      await client.read('one');
      await client.read('rows');
      await client.ask(mysqlCommand(command.query, "SET @session_tracked = 'yes'"), 'result');
      await client.ask(mysqlCommand(command.initDatabase, 'app'), 'ok');
      client.leave();
    },
  ]),
  ...([withEof, offeredCapabilities] as const).map((capabilities): [string, number, Use] => [
    `a client with files, procedures and texts that name KILL, ${capabilities === withEof ? 'with' : 'without'} EOF packets`,
    capabilities,
    async (port, begin) => {
      const client = await ScriptedMysqlClient.connect({ port, capabilities });
      const ask = async (sql: string) => await client.ask(mysqlCommand(command.query, sql), 'result');
      begin();
      client.send(mysqlCommand(command.query, "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE words; SELECT 1"));
      await client.readPacket();
      for (const [at, part] of ['one\ntw', 'o\n', ''].entries()) {
        client.socket.write(packet(2 + at, Buffer.from(part)));
      }
      await client.read('result', 5);
      await ask("SELECT 'it\\'s a kill' /* KILL 5 */, \"kill\" -- KILL 6");
      const [head] = await client.ask(mysqlCommand(command.prepare, 'CALL gives(?)'), 'prepare');
      const call = mysqlCommand(command.execute, head?.readUInt32LE(1) ?? 0);
      client.send(Buffer.concat([call, Buffer.from([0, 1, 0, 0, 0, 1, 1, 3, 0])]));
      await client.read('result');
      await ask('SELECT nonsense');
      await ask('CALL gives(@given)');
      await client.ask(mysqlCommand(command.ping), 'ok');
      client.leave();
    },
  ]),
];

describe.for(mysqlVersions)('on %s', (version) => {
  let fixture: MysqlFixture;

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version, { settings: { local_infile: 'ON' } });
    await fixture.admin.query('CREATE TABLE app.words (word VARCHAR(10))');
    await fixture.admin.query('CREATE PROCEDURE app.gives(OUT given INT) BEGIN SELECT 1; SET given = 2; END');
    await fixture.admin.query('CREATE TABLE app.seven (seq INT)');
    await fixture.admin.query('INSERT INTO app.seven VALUES (1),(2),(3),(4),(5),(6),(7)');
  });
  afterAll(() => fixture.stop());

  describe.for(clients)('the conversation of %s', ([, capabilities, use]) => {
    let recording: Recording;
    let whole: ReturnType<typeof relayed>;

    beforeAll(async () => {
      const door = await fixture.open({ database: { ...fixture.server, allowLocalInfile: true } });
      const turns = await recordTurns({ host: '127.0.0.1', port: door.port }, use);
      recording = { turns, capabilities };
      await fixture.closeDoors();
      whole = relayed(recording);
    });

    test('goes through byte for byte, and ends idle', () => {
      for (const side of ['client', 'server'] as const) {
        const all = saidBy(side, recording.turns);
        // Everything but the COM_QUIT at the end.
        const heard = whole.end === 'terminated' && side === 'client' ? all.subarray(0, -5) : all;
        expect(whole[side]).toBe(heard.toString('latin1'));
      }
      expect(whole.idle).toBe(true);
      expect(whole.records.length).toBeGreaterThanOrEqual(5);
    });

    test('A11 is the same when each turn is cut in two at any byte', () => {
      for (const { where, cut } of cutAnywhere(recording.turns)) {
        expect(relayed({ turns: cut, capabilities }), where).toEqual(whole);
      }
    });

    test.for([1, 2, 3, 5, 7, 64])('A11 is the same in pieces of %i bytes', (size) => {
      expect(relayed({ turns: inPieces(recording.turns, size), capabilities })).toEqual(whole);
    });
  });
});
