import { afterEach, describe, expect, test } from 'vitest';
import { type EngineDoor, openEngineDoor } from '../../../../../tests/support/engine-door.ts';
import {
  letIn,
  type ScriptedMysql,
  startScriptedMysql,
} from '../../../../../tests/support/scripted-mysql.ts';
import { mysqlCommand, ScriptedMysqlClient } from '../../../../../tests/support/scripted-mysql-client.ts';
import { mysqlEngine } from './index.ts';
import type { PacketExchange } from './packet-exchange.ts';
import { errorReply, packet, plainOk } from './packets.ts';
import { command } from './protocol.ts';
import { parseServerError } from './server-error.ts';

let server: ScriptedMysql;
let door: EngineDoor;
afterEach(async () => {
  await door.close();
  await server.close();
});

/** A client through a door whose server answers its first command like this. */
async function open(answer: (exchange: PacketExchange) => void, allowLocalInfile = false) {
  server = await startScriptedMysql({
    script: async (exchange) => {
      const next = await letIn(exchange);
      for (;;) answer(await next());
    },
  });
  door = await openEngineDoor({
    engine: mysqlEngine,
    database: { host: '127.0.0.1', port: server.port, engine: 'mysql', allowLocalInfile },
    login: 'app',
    password: 'pw',
  });
  return await ScriptedMysqlClient.connect({ port: door.port });
}

const localInfile = Buffer.concat([Buffer.of(0xfb), Buffer.from('/etc/passwd')]);

describe('a server that does not keep to the protocol', () => {
  test.for([
    ['a query', mysqlCommand(command.query, 'SELECT 1')],
    ['an execution', Buffer.concat([mysqlCommand(command.execute, 1), Buffer.from([0, 1, 0, 0, 0])])],
  ] as const)(
    'D04 gets no file of the client for %s, and the client never sees it ask',
    async ([, payload]) => {
      const client = await open((exchange) => exchange.send(localInfile));
      client.send(payload);
      const answer = await client.readPacket();
      expect(answer.sequence).toBe(1);
      expect(parseServerError(answer.payload)).toMatchObject({
        errno: 1235,
        message: expect.stringContaining('LOAD DATA LOCAL INFILE'),
      });
      expect((await client.rest()).length).toBe(0);
      await door.settled();
      expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
      expect(door.upstreams[0]?.closed).toBe(true);
    },
  );

  const load = (file: string) => mysqlCommand(command.query, `LOAD DATA LOCAL INFILE '${file}' INTO TABLE t`);
  const thefts: readonly [what: string, commands: readonly Buffer[]][] = [
    ['for a query', [mysqlCommand(command.query, 'SELECT 1')]],
    ['other than the one that is to be loaded', [load('/tmp/words.csv')]],
    ['that a string names', [mysqlCommand(command.query, 'SELECT \'LOAD DATA LOCAL INFILE "/etc/passwd"\'')]],
    [
      'for an execution',
      [
        mysqlCommand(command.prepare, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t"),
        Buffer.concat([mysqlCommand(command.execute, 1), Buffer.from([0, 1, 0, 0, 0])]),
      ],
    ],
    ['for a change of the database', [mysqlCommand(command.initDatabase, 'app')]],
    ['while other commands are on their way', [load('/etc/passwd'), mysqlCommand(command.ping)]],
  ];
  test.for(thefts)('D04 gets no file %s, also where files are allowed', async ([, commands]) => {
    const prepared = Buffer.from([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let left = commands.filter((payload) => payload[0] === command.prepare).length;
    const client = await open((exchange) => {
      exchange.send(left > 0 ? prepared : localInfile);
      left -= 1;
    }, true);
    client.socket.write(Buffer.concat(commands.map((payload) => packet(0, payload))));
    const bytes = await client.rest();
    expect(bytes.includes('/etc/passwd')).toBe(false);
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
  });

  test('D04 gets a file once', async () => {
    const client = await open((exchange) => {
      exchange.send(localInfile);
      exchange.send(localInfile);
    }, true);
    client.send(load('/etc/passwd'));
    await client.readPacket();
    await client.rest();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
  });

  test('that answers before the end of a file has a connection that nobody uses again', async () => {
    const client = await open((exchange) => {
      exchange.send(localInfile);
      exchange.transport.write(packet(2, plainOk));
    }, true);
    client.send(load('/etc/passwd'));
    await client.readPacket();
    await client.readPacket();
    client.socket.write(Buffer.concat([packet(2, Buffer.from('a')), packet(3, Buffer.alloc(0))]));
    client.leave();
    await door.settled();
    expect(door.ends).toMatchObject([{ idle: false }]);
  });

  const lies: readonly [what: string, answer: (exchange: PacketExchange) => void][] = [
    ['an answer with the number of another', (to) => to.transport.write(packet(2, plainOk))],
    ['an answer that is empty', (to) => to.transport.write(packet(1, Buffer.alloc(0)))],
    ['the end of rows where an answer begins', (to) => to.send(Buffer.from([0xfe, 0, 0, 2, 0]))],
    [
      'a second part of a long packet with the number of another',
      (to) => to.transport.write(Buffer.concat([longPart(1), Buffer.from('00000005', 'hex')])),
    ],
  ];
  test.for(lies)('is left over %s', async ([, answer]) => {
    const client = await open(answer);
    client.send(mysqlCommand(command.query, 'SELECT 1'));
    await client.rest();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
  });

  test('cannot make a ping look like a result', async () => {
    const client = await open((exchange) => exchange.send(Buffer.of(1)));
    client.send(mysqlCommand(command.ping));
    await client.rest();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
  });

  test('is not trusted with a connection again after an answer that nobody asked for', async () => {
    const client = await open((exchange) => {
      exchange.send(plainOk);
      exchange.transport.write(packet(0, plainOk));
    });
    client.send(mysqlCommand(command.ping));
    const answer = await client.readPacket();
    expect(answer.payload).toEqual(plainOk);
    await client.rest();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
  });

  test('may say why it ends an idle session', async () => {
    const client = await open((exchange) => {
      exchange.send(plainOk);
      exchange.transport.write(packet(0, errorReply(4031, 'too long idle')));
    });
    client.send(mysqlCommand(command.ping));
    expect((await client.readPacket()).payload).toEqual(plainOk);
    expect(parseServerError((await client.readPacket()).payload).message).toBe('too long idle');
    client.socket.destroy();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
  });

  test('is not trusted with a connection again when its status cannot be read', async () => {
    const client = await open((exchange) => exchange.send(Buffer.of(0, 0, 0)));
    await client.ask(mysqlCommand(command.ping), 'ok');
    client.leave();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
  });
});

/** A packet of the greatest length, which goes on in the next. */
function longPart(sequence: number): Buffer {
  const bytes = Buffer.alloc(4 + 0xff_ffff, 1);
  bytes.writeUIntLE(0xff_ffff, 0, 3);
  bytes.writeUInt8(sequence, 3);
  return bytes;
}
