import { constants, publicEncrypt } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../tests/support/certificates.ts';
import { Refusal, Secret } from '../../core/index.ts';
import type { Accepted, Door } from '../engine.ts';
import { accept } from './accept.ts';
import { connectionSettings, offeredCapabilities } from './client-settings.ts';
import { overStream, PacketExchange } from './packet-exchange.ts';
import { cString, handshakeResponse, int, lengthEncoded, packet, sslRequest } from './packets.ts';
import { sha2Proof, xorRepeating } from './plugins/index.ts';
import { capability, plugin } from './protocol.ts';
import { parseServerError } from './server-error.ts';
import { parseServerGreeting } from './server-greeting.ts';

const token = 'gwt_0123456789012345678901234567890123456789abc';
const capabilities = offeredCapabilities;

let secureContext: SecureContext;
let server: Server;
let port: number;
let door: Door;
const outcomes: Promise<Accepted>[] = [];

beforeAll(async () => {
  const pair = await (await makeAuthority()).issue(['localhost']);
  secureContext = createSecureContext({ cert: pair.certificate, key: pair.privateKey });
  server = createServer((socket) => {
    outcomes.push(accept(socket, door));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');
  port = bound.port;
});

afterAll(() => {
  server.close();
});

interface Dialled {
  readonly socket: Socket;
  readonly exchange: PacketExchange;
  readonly nonce: Buffer;
  readonly capabilities: number;
  readonly connectionId: number;
  outcome(): Promise<Accepted>;
}

/** A door on loopback. */
const loopbackDoor: Door = { name: 'mysql', tls: () => secureContext, clearTextAllowed: true };
/** The door of callers inside the process. */
const inProcessDoor: Door = { name: 'http', clearTextAllowed: true };

/** Connects and reads the greeting. */
async function dial(through: Door = loopbackDoor): Promise<Dialled> {
  door = through;
  const before = outcomes.length;
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => {});
  const exchange = new PacketExchange(overStream(socket), 0xff_ffff, (fault) => new Error(fault));
  const payload = await exchange.receive();
  if (payload === 'ended') throw new Error('no greeting');
  const greeting = parseServerGreeting(payload);
  if (greeting.kind !== 'greeting') throw new Error('no greeting');
  const { nonce, connectionId } = greeting;
  return {
    socket,
    exchange,
    nonce,
    connectionId,
    capabilities: greeting.capabilities,
    outcome: async () => {
      while (outcomes.length <= before) await new Promise((resolve) => setImmediate(resolve));
      const outcome = outcomes[before];
      if (outcome === undefined) throw new TypeError('no outcome');
      return await outcome;
    },
  };
}

function response(given: Partial<Parameters<typeof handshakeResponse>[0]> = {}): Buffer {
  return handshakeResponse({
    capabilities,
    collation: 45,
    user: 'ann',
    authData: Buffer.alloc(32, 1),
    database: 'app',
    plugin: plugin.cachingSha2,
    attributes: [['program_name', 'a test']],
    ...given,
  });
}

async function encrypt(dialled: Dialled, asked = { capabilities, collation: 45 }): Promise<void> {
  dialled.exchange.send(sslRequest(asked));
  const tls = connectTls({ socket: dialled.socket, rejectUnauthorized: false });
  tls.on('error', () => {});
  await once(tls, 'secureConnect');
  dialled.exchange.transport = overStream(tls);
}

async function receive({ exchange }: Dialled): Promise<Buffer> {
  const payload = await exchange.receive();
  if (payload === 'ended') throw new Error('the server has closed');
  return payload;
}

async function loginOf(dialled: Dialled) {
  const accepted = await dialled.outcome();
  if (accepted.kind !== 'login') throw new Error(`not a login: ${accepted.kind}`);
  dialled.socket.destroy();
  return accepted.client;
}

/** Everything that arrives until the other side closes. */
async function rest(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Sends `bytes` behind the greeting, and gives the refusal and the error that the client was told. */
async function refusedFor(bytes: Buffer, through: Door = loopbackDoor) {
  const { socket, outcome } = await dial(through);
  socket.write(bytes);
  const received = await rest(socket);
  const accepted = await outcome();
  if (accepted.kind !== 'refused') throw new Error(`it was not refused: ${accepted.kind}`);
  const errorStart = received.lastIndexOf(Buffer.from('ff', 'hex'));
  return { refusal: accepted.refusal, received, error: parseServerError(received.subarray(errorStart)) };
}

const first = (payload: Buffer) => packet(1, payload);
const withToken = (...packets: readonly Buffer[]) => Buffer.concat([first(response()), ...packets]);

const oldClient = Buffer.concat([int(0x0005, 2), Buffer.alloc(3), cString('ann'), cString('scramble')]);

const badBytes: readonly [what: string, bytes: Buffer, errno: number, code: string][] = [
  ['A16 an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 1043, 'wrong_protocol'],
  [
    'A17 the address of somebody else by the PROXY protocol',
    Buffer.from('PROXY TCP4 10.0.0.1 10.0.0.2 4711 3306\r\n'),
    1043,
    'wrong_protocol',
  ],
  ['A16 a Redis command', Buffer.from('*1\r\n$4\r\nPING\r\n'), 1043, 'wrong_protocol'],
  ['A16 a TLS handshake without a request', Buffer.from('16030102000100', 'hex'), 1043, 'wrong_protocol'],
  ['A16 a mail greeting', Buffer.from('EHLO mail.example\r\n'), 1043, 'wrong_protocol'],
  ['a command instead of a handshake', packet(0, Buffer.of(0x0e)), 1835, 'protocol_violation'],
  ['an empty packet', first(Buffer.alloc(0)), 1235, 'feature_not_offered'],
  ['one byte', first(Buffer.of(0)), 1235, 'feature_not_offered'],
  ['a client of MySQL 4.0', first(oldClient), 1235, 'feature_not_offered'],
  [
    'a client without passwords of MySQL 4.1',
    first(response({ capabilities: capabilities & ~capability.secureConnection })),
    1235,
    'feature_not_offered',
  ],
  [
    'a client without plugins',
    first(response({ capabilities: capabilities & ~capability.pluginAuth })),
    1235,
    'feature_not_offered',
  ],
  ['a response of 31 bytes', first(response().subarray(0, 31)), 1835, 'protocol_violation'],
  ['a response without a user', first(response().subarray(0, 32)), 1835, 'protocol_violation'],
  ['a response that ends within the user', first(response().subarray(0, 34)), 1835, 'protocol_violation'],
  ['a proof that is longer than the packet', first(response().subarray(0, 40)), 1835, 'protocol_violation'],
  ['attributes that are cut short', first(response().subarray(0, -3)), 1835, 'protocol_violation'],
  ['a packet of 20 KiB and a byte', Buffer.from('01500001', 'hex'), 1153, 'login_too_large'],
  ['A09 D10 a packet of 16 MiB', Buffer.from('ffffff01', 'hex'), 1153, 'login_too_large'],
  ['D10 a packet with the number of another', packet(3, response()), 1835, 'protocol_violation'],
  ['a password with the number of another', withToken(packet(4, cString(token))), 1835, 'protocol_violation'],
  ['no password', first(response({ authData: Buffer.alloc(0) })), 1045, 'token_missing'],
  ['a single NUL as its proof', first(response({ authData: Buffer.alloc(1) })), 1045, 'token_missing'],
  ['an empty password', withToken(packet(3, cString(''))), 1045, 'token_missing'],
  ['a packet without anything as its password', withToken(packet(3, Buffer.alloc(0))), 1045, 'token_missing'],
  ['a password without an end', withToken(packet(3, Buffer.from(token))), 1835, 'protocol_violation'],
  ['a password with a NUL inside', withToken(packet(3, cString('a\0b'))), 1835, 'protocol_violation'],
  ['A15 a password of 20 KiB', withToken(packet(3, cString('x'.repeat(20_480)))), 1153, 'login_too_large'],
  [
    'a password that was encrypted with another key',
    withToken(packet(3, Buffer.of(2)), packet(5, Buffer.alloc(256, 7))),
    1835,
    'protocol_violation',
  ],
  [
    'a clear password without an end',
    first(response({ plugin: plugin.clear, authData: Buffer.from(token) })),
    1835,
    'protocol_violation',
  ],
  [
    'an identity token that is cut short',
    first(response({ plugin: plugin.openId, authData: Buffer.from([1, 200, 0x61]) })),
    1835,
    'protocol_violation',
  ],
  [
    'an empty identity token',
    first(response({ plugin: plugin.openId, authData: Buffer.from([1, 0]) })),
    1045,
    'token_missing',
  ],
  [
    'A01 D11 clear bytes behind the request for TLS',
    Buffer.concat([first(sslRequest({ capabilities, collation: 45 })), packet(2, response())]),
    1835,
    'protocol_violation',
  ],
];

describe('bad input', () => {
  test.for(badBytes)('%s gets the error of the protocol', async ([, bytes, errno, code]) => {
    const { refusal, error } = await refusedFor(bytes);
    expect(refusal.code).toBe(code);
    expect(error.errno).toBe(errno);
    expect(error.message).toContain(refusal.message);
    expect(error.message).toContain(`[${code}]`);
  });

  test('a request for TLS where none is offered is refused', async () => {
    const bytes = first(sslRequest({ capabilities, collation: 45 }));
    const { socket, outcome } = await dial(inProcessDoor);
    socket.write(bytes);
    expect(await outcome()).toMatchObject({ kind: 'refused', refusal: { code: 'protocol_violation' } });
    socket.destroy();
  });

  test('A07 D11 a second request for TLS inside TLS is refused', async () => {
    const dialled = await dial();
    await encrypt(dialled);
    dialled.exchange.send(sslRequest({ capabilities, collation: 45 }));
    expect(parseServerError(await receive(dialled)).errno).toBe(1835);
    expect(await dialled.outcome()).toMatchObject({ kind: 'refused' });
  });

  test('A03 a clear client is refused before it is asked for anything', async () => {
    const { received, error, refusal } = await refusedFor(first(response()), {
      ...loopbackDoor,
      clearTextAllowed: false,
    });
    expect(refusal.code).toBe('token_unsafe_transport');
    expect(error.errno).toBe(3159);
    expect(refusal.message).toMatch(/--ssl-mode=REQUIRED.*--ssl\b/);
    // One packet, and that is the error.
    expect(received.readUIntLE(0, 3)).toBe(received.length - 4);
    expect(received[4]).toBe(0xff);
  });

  test('whatever bytes come, the door answers, holds little and does not throw', async () => {
    const anyPackets = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        fc
          .tuple(fc.nat(4), fc.uint8Array({ maxLength: 300 }))
          .map(([sequence, bytes]) => packet(sequence, Buffer.from(bytes))),
        fc
          .uint8Array({ maxLength: 40 })
          .map((bytes) => first(Buffer.concat([response(), Buffer.from(bytes)]))),
        fc.tuple(fc.nat(90), fc.nat(255)).map(([at, value]) => {
          const changed = Buffer.from(first(response()));
          changed[at % changed.length] = value;
          return changed;
        }),
      ),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(anyPackets, async (parts) => {
        const { socket, outcome } = await dial();
        socket.end(Buffer.concat(parts));
        socket.resume();
        const accepted = await outcome();
        expect(['left', 'refused', 'login']).toContain(accepted.kind);
        if (accepted.kind === 'login') await accepted.client.refuse(new Refusal('token_invalid'));
        socket.destroy();
      }),
      { numRuns: 300 },
    );
  });
});

describe('the greeting', () => {
  test('has a fresh nonce without NUL and a fresh number for each client, and names no server', async () => {
    const [one, two] = [await dial(), await dial()];
    expect(one.nonce.equals(two.nonce)).toBe(false);
    expect(one.nonce.length).toBe(20);
    expect(one.nonce.includes(0)).toBe(false);
    expect(one.connectionId).not.toBe(two.connectionId);
    for (const { socket } of [one, two]) socket.destroy();
  });

  test('D10 offers TLS where the door has it, and never what the relay cannot carry', async () => {
    const withTls = await dial();
    const without = await dial(inProcessDoor);
    expect(withTls.capabilities & capability.ssl).toBe(capability.ssl);
    expect(without.capabilities & capability.ssl).toBe(0);
    for (const refused of [capability.compress, 0x0400_0000, 0x0800_0000, 0x1000_0000]) {
      expect(withTls.capabilities & refused).toBe(0);
    }
    for (const { socket } of [withTls, without]) socket.destroy();
  });
});

describe('the token', () => {
  test('comes in clear inside TLS after full authentication was asked for', async () => {
    const dialled = await dial({ ...loopbackDoor, clearTextAllowed: false });
    await encrypt(dialled);
    dialled.exchange.send(response());
    expect(await receive(dialled)).toEqual(Buffer.of(1, 4));
    dialled.exchange.send(cString(token));
    const client = await loginOf(dialled);
    expect(client.credential.reveal()).toBe(token);
    expect(client).toMatchObject({
      userHint: 'ann',
      databaseHint: 'app',
      application: 'a test',
      encrypted: true,
    });
  });

  test.for([plugin.native, plugin.sha256, plugin.ed25519, plugin.parsec, 'unheard_of'])(
    'comes from a client that begins with %s, after a switch',
    async (name) => {
      const dialled = await dial();
      await encrypt(dialled);
      dialled.exchange.send(response({ plugin: name, authData: Buffer.alloc(20, 1) }));
      const asked = await receive(dialled);
      expect(asked[0]).toBe(0xfe);
      expect(asked.toString('latin1', 1, 22)).toBe('caching_sha2_password');
      // libmysqlclient demands the nonce with its NUL.
      expect(asked.length).toBe(1 + 22 + 21);
      dialled.exchange.send(Buffer.alloc(32, 1));
      expect(await receive(dialled)).toEqual(Buffer.of(1, 4));
      dialled.exchange.send(cString(token));
      expect((await loginOf(dialled)).credential.reveal()).toBe(token);
    },
  );

  test('is the whole of a clear password, in the handshake response or after a switch', async () => {
    const atOnce = await dial();
    await encrypt(atOnce);
    atOnce.exchange.send(response({ plugin: plugin.clear, authData: cString(token) }));
    expect((await loginOf(atOnce)).credential.reveal()).toBe(token);

    const asked = await dial();
    await encrypt(asked);
    asked.exchange.send(response({ plugin: plugin.clear, authData: Buffer.alloc(0) }));
    expect((await receive(asked)).toString('latin1', 1)).toMatch(/^mysql_clear_password\0/);
    asked.exchange.send(cString(token));
    expect((await loginOf(asked)).credential.reveal()).toBe(token);
  });

  test('is an identity token, in the handshake response or after a switch', async () => {
    const identity = 'aGVhZA.Ym9keQ.c2ln';
    const authData = Buffer.concat([Buffer.of(1), lengthEncoded(identity)]);
    const atOnce = await dial();
    await encrypt(atOnce);
    atOnce.exchange.send(response({ plugin: plugin.openId, authData }));
    expect((await loginOf(atOnce)).credential.reveal()).toBe(identity);

    const asked = await dial();
    await encrypt(asked);
    asked.exchange.send(response({ plugin: plugin.openId, authData: Buffer.alloc(0) }));
    expect((await receive(asked)).toString('latin1', 1)).toMatch(/^authentication_openid_connect_client\0/);
    asked.exchange.send(authData);
    expect((await loginOf(asked)).credential.reveal()).toBe(identity);
  });

  test('A15 may have 16 KiB', async () => {
    const long = 'x'.repeat(16_384);
    const dialled = await dial();
    await encrypt(dialled);
    dialled.exchange.send(response());
    await receive(dialled);
    dialled.exchange.send(cString(long));
    expect((await loginOf(dialled)).credential.reveal()).toBe(long);
  });

  test('comes encrypted on a clear door, with the key that the client asks for', async () => {
    const dialled = await dial();
    dialled.exchange.send(response());
    expect(await receive(dialled)).toEqual(Buffer.of(1, 4));
    dialled.exchange.send(Buffer.of(2));
    const pem = (await receive(dialled)).subarray(1).toString();
    const key = { key: pem, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
    dialled.exchange.send(publicEncrypt(key, xorRepeating(cString(token), dialled.nonce)));
    const client = await loginOf(dialled);
    expect(client.credential.reveal()).toBe(token);
    expect(client.encrypted).toBe(false);
  });

  test('is never taken from the proof that comes first', async () => {
    const dialled = await dial();
    await encrypt(dialled);
    dialled.exchange.send(response({ authData: sha2Proof(new Secret(token), dialled.nonce) }));
    expect(await receive(dialled)).toEqual(Buffer.of(1, 4));
    dialled.socket.destroy();
    expect(await dialled.outcome()).toEqual({ kind: 'left' });
  });
});

describe('what the client has chosen', () => {
  test('is cut to what the gateway carries, and kept as the settings of the upstream', async () => {
    const dialled = await dial();
    const asked = capability.localFiles | capability.compress | capability.multiStatements;
    const least = capability.protocol41 | capability.secureConnection | capability.pluginAuth;
    dialled.exchange.send(
      response({
        capabilities: asked | least | capability.lengthEncodedAuth | capability.connectWithDatabase,
        collation: 8,
        plugin: plugin.clear,
        authData: cString(token),
        attributes: [],
      }),
    );
    const { settings } = await loginOf(dialled);
    const chosen = connectionSettings(settings, {});
    expect(chosen).toMatchObject({ collation: 8, program: '' });
    expect(chosen.capabilities & asked).toBe(capability.multiStatements);
    expect(chosen.capabilities & capability.deprecateEof).toBe(0);
    const allowing = connectionSettings(settings, { allowLocalInfile: true });
    expect(allowing.capabilities & asked).toBe(capability.multiStatements | capability.localFiles);
  });

  test('D11 is what it says inside TLS, whatever its request for TLS said before in the clear', async () => {
    const dialled = await dial();
    await encrypt(dialled, { capabilities: capabilities | capability.foundRows, collation: 8 });
    const inside = capabilities & ~capability.foundRows;
    dialled.exchange.send(response({ capabilities: inside, plugin: plugin.clear, authData: cString(token) }));
    const chosen = connectionSettings((await loginOf(dialled)).settings, {});
    expect(chosen.collation).toBe(45);
    expect(chosen.capabilities & capability.foundRows).toBe(0);
  });

  test('has its number as the key to cancel by', async () => {
    const dialled = await dial();
    dialled.exchange.send(response({ plugin: plugin.clear, authData: cString(token) }));
    const client = await loginOf(dialled);
    expect(client.mintCancelKey().bytes.readUInt32BE()).toBe(dialled.connectionId);
    expect(client.mintCancelKey()).toEqual(client.mintCancelKey());
  });
});

describe('a client that leaves', () => {
  const steps: readonly [when: string, send: (dialled: Dialled) => Promise<void> | void][] = [
    ['after the greeting', () => {}],
    ['within a header', ({ socket }) => void socket.write(Buffer.from('0100', 'hex'))],
    ['within a packet', ({ socket }) => void socket.write(first(response()).subarray(0, 20))],
    [
      'after its request for TLS',
      ({ exchange }) => exchange.send(sslRequest({ capabilities, collation: 45 })),
    ],
    ['after TLS', encrypt],
    [
      'when it is asked for the token',
      async (dialled) => {
        dialled.exchange.send(response());
        await receive(dialled);
      },
    ],
    [
      'when it has got the public key',
      async (dialled) => {
        dialled.exchange.send(response());
        await receive(dialled);
        dialled.exchange.send(Buffer.of(2));
        await receive(dialled);
      },
    ],
    [
      'instead of taking another plugin',
      async (dialled) => {
        dialled.exchange.send(response({ plugin: plugin.native }));
        await receive(dialled);
      },
    ],
  ];
  test.for(steps)('%s has left, and is no failed login', async ([, send]) => {
    const dialled = await dial();
    await send(dialled);
    dialled.socket.destroy();
    expect(await dialled.outcome()).toEqual({ kind: 'left' });
  });
});
