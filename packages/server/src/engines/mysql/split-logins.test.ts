import { once } from 'node:events';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, mysqlDriver, rowsOf } from '../../../../../tests/support/mysql-fixture.ts';
import { accept } from './accept.ts';
import { offeredCapabilities } from './client-settings.ts';
import { overStream, PacketExchange } from './packet-exchange.ts';
import { cString, handshakeResponse } from './packets.ts';
import { headerBytes, plugin } from './protocol.ts';

const token = 'gwt_0123456789012345678901234567890123456789abc';

const response = handshakeResponse({
  capabilities: offeredCapabilities,
  collation: 45,
  user: 'ann',
  authData: Buffer.alloc(20, 1),
  database: 'app',
  plugin: plugin.native,
  attributes: [['program_name', 'a test']],
});
/** What a client says, in order; each answers something of the door's: greeting, switch, request for the password. */
const said = [response, Buffer.alloc(32, 1), cString(token)];

describe('a client whose login comes in two pieces', () => {
  const cuts = said.flatMap(({ length }, which) =>
    Array.from({ length: headerBytes + length - 1 }, (_, index) => [which, index + 1] as const),
  );

  test('A11 signs in the same wherever one of its packets is cut', async () => {
    for (const [which, at] of cuts) {
      const [client, socket] = duplexPair();
      const accepted = accept(socket, { name: 'http', clearTextAllowed: true });
      const packets: Buffer[] = [];
      const transport = { ...overStream(client), write: (bytes: Buffer) => void packets.push(bytes) };
      const exchange = new PacketExchange(transport, 0xffff, (fault) => new Error(fault));
      for (const [index, payload] of said.entries()) {
        if ((await exchange.receive()) === 'ended') throw new Error('the door has closed');
        exchange.send(payload);
        const bytes = packets[index] ?? payload;
        const cut = index === which ? at : bytes.length;
        client.write(bytes.subarray(0, cut));
        // The door has read the first piece by then: nothing else is left to run.
        await turn();
        client.write(bytes.subarray(cut));
      }
      const outcome = await accepted;
      if (outcome.kind !== 'login') throw new Error(`packet ${which} cut at ${at}: ${outcome.kind}`);
      const { credential, userHint, databaseHint, application } = outcome.client;
      expect([credential.reveal(), userHint, databaseHint, application]).toEqual([
        token,
        'ann',
        'app',
        'a test',
      ]);
    }
  });
});

describe.for(mysqlVersions)('a connection to %s that brings each byte by itself', (version) => {
  let fixture: MysqlFixture;
  let slow: ByteByByte;

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version);
    slow = await ByteByByte.to(fixture.server.port);
  });
  afterAll(async () => {
    await fixture.stop();
    slow.close();
  });

  test('is signed in to, relayed over, reset and used again', async () => {
    const door = await fixture.open({ reuse: true, database: { host: '127.0.0.1', port: slow.port } });
    for (let round = 0; round < 2; round += 1) {
      const client = await mysqlDriver(door);
      expect(await rowsOf(client, 'SELECT 1 AS a, NULL AS b')).toEqual([[1, null]]);
      await client.end();
      await door.settled();
    }
    expect(new Set(door.upstreams.map(({ pid }) => pid)).size).toBe(1);
    expect(door.ends).toMatchObject([{ idle: true }, { idle: true }]);
  });
});

/** Passes everything on as it is, one byte a turn of the event loop. */
class ByteByByte {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async to(port: number): Promise<ByteByByte> {
    const server = createServer({ noDelay: true }, (near) => {
      const far = connectTcp({ port, host: '127.0.0.1', noDelay: true });
      void pass(near, far);
      void pass(far, near);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');
    return new ByteByByte(server, bound.port);
  }

  close(): void {
    this.#server.close();
  }
}

async function pass(from: Socket, to: Socket): Promise<void> {
  from.on('error', () => from.destroy());
  try {
    for await (const chunk of from) {
      for (const byte of chunk as Buffer) {
        to.write(Buffer.of(byte));
        await turn();
      }
    }
  } catch {
    // The other end was closed in the middle: so is this one.
  }
  to.destroySoon();
}
