import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createConnection as createMariadb } from 'mariadb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { mysqlBuilds, mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, mysqlDriver, rowsOf } from '../../../../../tests/support/mysql-fixture.ts';
import { mysqlCommand, ScriptedMysqlClient } from '../../../../../tests/support/scripted-mysql-client.ts';
import {
  findServerProgram,
  type ServerDirectory,
  type ServerProgram,
} from '../../../../../tests/support/server-program.ts';
import { offeredCapabilities } from './client-settings.ts';
import { packet } from './packets.ts';
import { capability, command } from './protocol.ts';
import { parseServerError } from './server-error.ts';

const load = "LOAD DATA LOCAL INFILE 'words.csv' INTO TABLE app.loaded FIELDS TERMINATED BY ','";
const framings = [
  ['with', offeredCapabilities & ~capability.deprecateEof],
  ['without', offeredCapabilities],
] as const;

describe.for(mysqlVersions)('LOAD DATA LOCAL INFILE on %s', (version) => {
  let fixture: MysqlFixture;

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version, { settings: { local_infile: 'ON' } });
    await fixture.admin.query('CREATE TABLE app.loaded (id INT, word VARCHAR(50))');
  });
  beforeEach(() => fixture.admin.query('DELETE FROM app.loaded'));
  afterEach(() => fixture.closeDoors());
  afterAll(() => fixture.stop());

  const allowing = () => fixture.open({ database: { ...fixture.server, allowLocalInfile: true } });
  const loaded = () => rowsOf(fixture.admin, 'SELECT id, word FROM app.loaded ORDER BY id');
  const two = [
    [1, 'one'],
    [2, 'two'],
  ];

  test.for(framings)('carries the file, to a client %s EOF packets', async ([, capabilities]) => {
    const door = await allowing();
    const client = await ScriptedMysqlClient.connect({ port: door.port, capabilities });
    client.send(mysqlCommand(command.query, `${load}; SELECT 1`));
    const asked = await client.readPacket();
    expect(asked).toEqual({ sequence: 1, payload: Buffer.from('\xfbwords.csv', 'latin1') });
    client.socket.write(packet(2, Buffer.from('1,one\n2,t')));
    client.socket.write(packet(3, Buffer.from('wo\n')));
    client.socket.write(packet(4, Buffer.alloc(0)));
    await client.read('result', 5);
    await client.ask(mysqlCommand(command.ping), 'ok');
    client.leave();
    await door.settled();
    expect(await loaded()).toEqual(two);
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    expect(door.statements).toMatchObject([{ text: `${load}; SELECT 1`, rows: 3, outcome: 'succeeded' }]);
  });

  test('carries more packets than there are numbers, and one of the greatest length', async () => {
    const door = await allowing();
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    client.send(mysqlCommand(command.query, `${load} IGNORE 1 LINES`));
    await client.readPacket();
    let sequence = 2;
    const give = (bytes: Buffer) => {
      const header = Buffer.alloc(4);
      header.writeUIntLE(bytes.length, 0, 3);
      header.writeUInt8(sequence & 0xff, 3);
      client.socket.write(Buffer.concat([header, bytes]));
      sequence += 1;
    };
    // The empty packet behind one of the greatest length ends that one, and not the file.
    give(Buffer.alloc(0xff_ffff, 'x'));
    give(Buffer.alloc(0));
    give(Buffer.from(' ends the line\n'));
    for (let row = 0; row < 600; row += 1) give(Buffer.from(`${row},r\n`));
    give(Buffer.alloc(0));
    const [answer] = await client.read('one', sequence & 0xff);
    expect(answer?.[0]).toBe(0);
    expect(await rowsOf(fixture.admin, "SELECT COUNT(*) FROM app.loaded WHERE word = 'r'")).toEqual([[600]]);
    client.leave();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });

  test('takes nothing of the file for part of a statement that is longer than what is kept of it', async () => {
    const door = await allowing();
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    const text = `${load} /* ${'x'.repeat(70_000)} */`;
    client.send(mysqlCommand(command.query, text));
    await client.readPacket();
    const rows = 20_000;
    client.socket.write(packet(2, Buffer.from('7,kill 5\n'.repeat(rows))));
    client.socket.write(packet(3, Buffer.alloc(0)));
    expect((await client.read('one', 4))[0]?.[0]).toBe(0);
    client.leave();
    await door.settled();
    expect(await rowsOf(fixture.admin, 'SELECT COUNT(*) FROM app.loaded')).toEqual([[rows]]);
    const textHash = hash('sha256', text);
    expect(door.statements).toMatchObject([{ rows, textHash, textBytes: text.length, outcome: 'succeeded' }]);
  });

  test('carries an empty file, and an error of the server behind a file', async () => {
    const door = await allowing();
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    client.send(mysqlCommand(command.query, load));
    await client.readPacket();
    client.socket.write(packet(2, Buffer.alloc(0)));
    expect((await client.read('one', 3))[0]?.[0]).toBe(0);
    await client.ask(mysqlCommand(command.query, "SET sql_mode = 'STRICT_ALL_TABLES'"), 'one');
    client.send(mysqlCommand(command.query, load.replace('loaded', 'nowhere')));
    const { payload } = await client.readPacket();
    expect(parseServerError(payload).errno).toBe(1146);
    await client.ask(mysqlCommand(command.ping), 'ok');
    client.leave();
  });

  test.for([
    ['that is not allowed', {}],
    ['without the flag of the client', { capabilities: offeredCapabilities & ~capability.localFiles }],
  ] as const)('is an error of the server %s', async ([, options]) => {
    const door = 'capabilities' in options ? await allowing() : await fixture.open();
    const client = await ScriptedMysqlClient.connect({ port: door.port, ...options });
    const [answer = Buffer.alloc(0)] = await client.ask(mysqlCommand(command.query, load), 'one');
    expect([3948, 4166, 1148]).toContain(parseServerError(answer).errno);
    await client.ask(mysqlCommand(command.ping), 'ok');
    client.leave();
    await door.settled();
    expect(door.ends).toMatchObject([{ cause: 'client_left' }]);
  });

  test('of which a packet has the number of another ends the session, and nothing is loaded', async () => {
    const door = await allowing();
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    client.send(mysqlCommand(command.query, load));
    await client.readPacket();
    client.socket.write(
      Buffer.concat([packet(2, Buffer.from('1,one\n')), packet(0, Buffer.from('2,two\n'))]),
    );
    await client.rest();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'protocol_violation', idle: false }]);
    expect(await loaded()).toEqual([]);
  });

  test('that its client leaves in the middle of ends with nothing loaded', async () => {
    const door = await allowing();
    const client = await ScriptedMysqlClient.connect({ port: door.port });
    client.send(mysqlCommand(command.query, load));
    await client.readPacket();
    client.socket.end(packet(2, Buffer.from('1,one\n')));
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
    await fixture.ended(door.upstreams[0]?.pid ?? '');
    expect(await loaded()).toEqual([]);
  });

  test('works with mysql2', async () => {
    const door = await allowing();
    const client = await mysqlDriver(door);
    await client.query({
      sql: load,
      infileStreamFactory: () => Readable.from([Buffer.from('1,one\n'), Buffer.from('2,two\n')]),
    });
    expect(await loaded()).toEqual(two);
    await client.end();
  });

  describe('with programs that read a file', () => {
    let program: ServerProgram;
    let directory: ServerDirectory;
    const build = mysqlBuilds[version];
    const sql = (file: string) => load.replace('words.csv', file);

    beforeAll(async () => {
      program = await findServerProgram(build);
      directory = await program.makeDirectory('grantway-infile-test-');
      await chmod(directory.ours, 0o755);
      await writeFile(join(directory.ours, 'words.csv'), '1,one\n2,two\n');
    });
    afterAll(() => rm(directory.ours, { recursive: true, force: true }));

    async function run(door: EngineDoor, file: string): Promise<string> {
      const [name, ...before] = program.command(build.client);
      const clear =
        build.product === 'mysql' ? ['--ssl-mode=DISABLED', '--get-server-public-key'] : ['--skip-ssl'];
      const child = spawn(
        name,
        [
          ...before,
          ...['--no-defaults', '--host=127.0.0.1', `--port=${door.port}`, '--user=any', '--password=token'],
          ...clear,
          '--local-infile=1',
          `--execute=${sql(file)}; SELECT 'went on'`,
        ],
        { ...program.account, cwd: '/' },
      );
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      await new Promise((resolve) => child.once('close', resolve));
      return output;
    }

    test('works with the command line client', async () => {
      const door = await allowing();
      expect(await run(door, join(directory.servers, 'words.csv'))).toContain('went on');
      expect(await loaded()).toEqual(two);
    });

    test('is the client’s error when it has no such file, and the error of the server when it is not allowed', async () => {
      expect(await run(await allowing(), '/nowhere.csv')).toMatch(
        /ERROR 2 |ERROR 29 |not found|No such file/,
      );
      expect(await run(await fixture.open(), join(directory.servers, 'words.csv'))).toMatch(
        /ERROR (3948|4166|1148)/,
      );
      expect(await loaded()).toEqual([]);
    });

    test('works with the driver of MariaDB', async () => {
      const door = await allowing();
      const { port } = door;
      const client = await createMariadb({
        host: '127.0.0.1',
        port,
        user: 'any',
        password: 'token',
        allowPublicKeyRetrieval: true,
        permitLocalInfile: true,
      });
      await client.query(sql(join(directory.ours, 'words.csv')));
      expect(await loaded()).toEqual(two);
      await client.end();
    });
  });
});
