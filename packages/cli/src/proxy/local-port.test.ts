import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { type LocalPort, openLocalPort } from './local-port.ts';

// A stand-in for the gateway's door, which leaves in the middle of a login or never answers: the real one does neither.
let door: Server;
let local: LocalPort;
const told: string[] = [];
afterEach(async () => {
  await local.close();
  door.close();
  told.length = 0;
});

async function portBefore(engine: string, atDoor: (socket: Socket) => void): Promise<Socket> {
  door = createServer(atDoor).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  const connection = { database: 'db', role: 'reader', engine, host: '127.0.0.1', port, username: 'reader' };
  const target = async () => ({ connection, accessToken: 'gwt_token' });
  local = await openLocalPort(engine, 0, target, (sentence) => told.push(sentence));
  return connect(local.port, '127.0.0.1');
}

/** A greeting of MySQL's protocol 10: version, connection id, first part of the nonce, filler, capabilities. */
const mysqlGreeting = Buffer.concat([
  Buffer.from([20, 0, 0, 0, 10]),
  Buffer.from('9\0'),
  Buffer.alloc(12),
  Buffer.from([0, 0xff, 0xff, 0, 0]),
]);
const postgresStartup = Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 0]);

describe('the local port', () => {
  test.each([
    ['postgres', postgresStartup],
    ['mysql', Buffer.alloc(0)],
    ['redis', Buffer.from('PING\r\n')],
  ])(
    'tells a program of %s, and the person, when the gateway leaves in the middle of the login',
    async (engine, first) => {
      const program = await portBefore(engine, (socket) => socket.end());
      program.write(first);
      expect(await text(program)).toContain(told[0]);
      expect(told).toEqual([expect.stringMatching(/^The gateway/)]);
    },
  );

  test('tells psql why there is no token after its question about encryption, which takes no error for an answer', async () => {
    door = createServer();
    const nobody = async () => {
      throw new Error('The server cannot be reached.');
    };
    local = await openLocalPort('postgres', 0, nobody, (sentence) => told.push(sentence));
    const program = connect(local.port, '127.0.0.1');
    program.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    program.write(postgresStartup);
    expect(await text(program)).toMatch(/^NE.*SFATAL.*The server cannot be reached\./s);
    expect(told).toEqual(['The server cannot be reached.']);
  });

  test('ends its connection to the gateway with that of a program that leaves in the middle of its login', async () => {
    const atDoor = Promise.withResolvers<Socket>();
    const program = await portBefore('mysql', (socket) => {
      socket.write(mysqlGreeting);
      atDoor.resolve(socket);
    });
    await once(program, 'data');
    program.destroy();
    const socket = await atDoor.promise;
    await Promise.all([once(socket, 'close'), socket.resume()]);
    expect(told).toEqual([]);
  });

  test('tells a program that is slow to answer when the gateway has reset the connection meanwhile', async () => {
    const atDoor = Promise.withResolvers<Socket>();
    const program = await portBefore('mysql', (socket) => {
      socket.write(mysqlGreeting);
      atDoor.resolve(socket);
    });
    await once(program, 'data');
    const socket = await atDoor.promise;
    socket.resetAndDestroy();
    await once(socket, 'close');
    program.write(Buffer.concat([Buffer.from([32, 0, 0, 1]), Buffer.alloc(32)]));
    expect(await text(program)).toContain(told[0]);
    expect(told).toEqual([expect.stringMatching(/^The gateway/)]);
  });
});
