import { once } from 'node:events';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../tests/support/certificates.ts';
import { heldBufferBytes } from '../../../../../tests/support/held-buffers.ts';
import type { Accepted, Door } from '../engine.ts';
import { parseErrorResponse } from './error-response.ts';
import { postgresEngine } from './index.ts';
import { cStrings, int32, message, startupMessage } from './messages.ts';

const sslRequest = Buffer.concat([int32(8), int32(80877103)]);
const gssEncRequest = Buffer.concat([int32(8), int32(80877104)]);
const password = (text: string) => message(0x70, cStrings(text));

let secureContext: SecureContext;
let server: Server;
let port: number;
let door: Door;
const outcomes: Promise<Accepted>[] = [];

beforeAll(async () => {
  const pair = await (await makeAuthority()).issue(['localhost']);
  secureContext = createSecureContext({ cert: pair.certificate, key: pair.privateKey });
  server = createServer((socket) => {
    outcomes.push(postgresEngine.accept(socket, door));
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

function doorWith(given: Partial<Door> = {}): Door {
  return { name: 'postgres', tls: () => secureContext, clearTextAllowed: true, ...given };
}

/** Connects; `outcome` is what the engine makes of this socket. */
async function dial(
  given: Partial<Door> = {},
): Promise<{ socket: Socket; outcome: () => Promise<Accepted> }> {
  door = doorWith(given);
  const before = outcomes.length;
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return {
    socket,
    outcome: async () => {
      while (outcomes.length <= before) await new Promise((resolve) => setImmediate(resolve));
      const outcome = outcomes[before];
      if (outcome === undefined) throw new TypeError('no outcome');
      return await outcome;
    },
  };
}

/** Everything that arrives until the other side closes. */
async function rest(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function take(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = socket.read(size);
    if (bytes !== null) return bytes;
    await once(socket, 'readable');
  }
}

/** Sends `bytes` in one write and gives the refusal and what the client was told. */
async function refusedFor(bytes: Buffer, given: Partial<Door> = {}) {
  const { socket, outcome } = await dial(given);
  socket.write(bytes);
  const received = await rest(socket);
  const accepted = await outcome();
  if (accepted.kind !== 'refused') throw new Error(`it was not refused: ${accepted.kind}`);
  return { refusal: accepted.refusal, received };
}

/** The ErrorResponse that `bytes` end with. */
function errorIn(bytes: Buffer) {
  const start = bytes.indexOf('E');
  return parseErrorResponse(bytes.subarray(start + 5));
}

async function login(parameters: Record<string, string>, protocol = 0x0003_0000) {
  const { socket, outcome } = await dial();
  socket.write(startupMessage(protocol, Object.entries(parameters)));
  socket.write(password('gwt_token'));
  const accepted = await outcome();
  socket.destroy();
  if (accepted.kind !== 'login') throw new Error(`not a login: ${accepted.kind}`);
  return accepted.client;
}

function startup(...parameters: readonly (readonly [string, string])[]): Buffer {
  return startupMessage(0x0003_0000, [['user', 'ann'], ...parameters]);
}

/** A startup packet whose parameter area is exactly `area`. */
function packet(area: Buffer | string, length?: number): Buffer {
  const body = Buffer.concat([int32(0x0003_0000), Buffer.from(area)]);
  const word = Buffer.alloc(4);
  word.writeUInt32BE(length ?? body.length + 4);
  return Buffer.concat([word, body]);
}

const badBytes: readonly [what: string, bytes: Buffer, sqlstate: string, code: string][] = [
  ['A16 an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), '08P01', 'wrong_protocol'],
  ['A16 a mail greeting', Buffer.from('EHLO mail.example\r\n'), '08P01', 'wrong_protocol'],
  ['A16 a Redis command', Buffer.from('*1\r\n$4\r\nPING\r\n'), '08P01', 'wrong_protocol'],
  [
    'A17 the address of somebody else by the PROXY protocol',
    Buffer.from('PROXY TCP4 10.0.0.1 10.0.0.2 4711 5432\r\n'),
    '08P01',
    'wrong_protocol',
  ],
  [
    'A17 the same in its binary form',
    Buffer.from('0d0a0d0a000d0a515549540a2111000c0a0000010a00000212671538', 'hex'),
    '08P01',
    'wrong_protocol',
  ],
  ['A04 a startup packet of length 0', packet('', 0), '08P01', 'protocol_violation'],
  ['A04 a startup packet of length 3', packet('', 3), '08P01', 'protocol_violation'],
  ['A04 a startup packet of length 7', packet('', 7), '08P01', 'protocol_violation'],
  ['A04 a startup packet of length 10,001', packet('', 10_001), '08P01', 'login_too_large'],
  ['A04 a startup packet of 2 GiB', packet('', 2 ** 31 - 1), '08P01', 'wrong_protocol'],
  ['A04 a startup packet of 4 GiB', packet('', 2 ** 32 - 1), '08P01', 'wrong_protocol'],
  ['protocol 2', Buffer.concat([int32(8), int32(0x0002_0000)]), '0A000', 'feature_not_offered'],
  ['A05 an option without a name', startup(['options', '-c =1']), '08P01', 'protocol_violation'],
  ['A05 an option without a value', startup(['options', '-c search_path']), '08P01', 'protocol_violation'],
  ['a switch of the server', startup(['options', '-d 5']), '0A000', 'feature_not_offered'],
  ['A05 a name without a value', packet('user\0ann\0database\0'), '08P01', 'protocol_violation'],
  ['A05 a missing end', packet('user\0ann'), '08P01', 'protocol_violation'],
  ['bytes behind the end', packet('user\0ann\0\0x'), '08P01', 'protocol_violation'],
  ['A05 no parameters and no end', packet(''), '08P01', 'protocol_violation'],
  ['A05 the same name twice', packet('user\0ann\0user\0bob\0\0'), '08P01', 'protocol_violation'],
  ['A06 a setting of role', startup(['role', 'postgres']), '0A000', 'feature_not_offered'],
  ['A06 a role among the options', startup(['options', '-c role=postgres']), '0A000', 'feature_not_offered'],
  ['A06 a session_authorization', startup(['session_authorization', 'x']), '0A000', 'feature_not_offered'],
  ['A06 a custom setting', startup(['gw.actor', 'bob']), '0A000', 'feature_not_offered'],
  ['A06 replication', startup(['replication', 'database']), '0A000', 'feature_not_offered'],
  [
    'literals with backslash escapes',
    startup(['standard_conforming_strings', 'off']),
    '0A000',
    'feature_not_offered',
  ],
  ['a very long setting', startup(['search_path', 'x'.repeat(1025)]), '08P01', 'protocol_violation'],
  [
    'two different tokens',
    startup(['authToken', 'a'], ['options', '-c authToken=b']),
    '08P01',
    'protocol_violation',
  ],
  [
    'OAUTHBEARER inside of the process, where there is no browser',
    startup(['options', '-c authMethod=oauth']),
    '0A000',
    'feature_not_offered',
  ],
  ['another way to be asked', startup(['authMethod', 'scram']), '0A000', 'feature_not_offered'],
  [
    'A02 a second startup packet instead of a password',
    Buffer.concat([startup(), startup()]),
    '08P01',
    'protocol_violation',
  ],
  [
    'a query instead of a password',
    Buffer.concat([startup(), message(0x51, cStrings('select 1'))]),
    '08P01',
    'protocol_violation',
  ],
  [
    'a password without an end',
    Buffer.concat([startup(), message(0x70, Buffer.from('abc'))]),
    '08P01',
    'protocol_violation',
  ],
  [
    'a password with a NUL inside',
    Buffer.concat([startup(), message(0x70, cStrings('a', 'b'))]),
    '08P01',
    'protocol_violation',
  ],
  [
    'a password message without a body',
    Buffer.concat([startup(), message(0x70, Buffer.alloc(0))]),
    '08P01',
    'protocol_violation',
  ],
  ['an empty password', Buffer.concat([startup(), password('')]), '28000', 'token_missing'],
  [
    'A15 a password of 16 KiB and one byte',
    Buffer.concat([startup(), password('x'.repeat(16_385))]),
    '08P01',
    'login_too_large',
  ],
  [
    'A09 a password message that declares 1 GiB',
    Buffer.concat([startup(), Buffer.from('p'), int32(2 ** 30)]),
    '08P01',
    'login_too_large',
  ],
  [
    'A10 a password message of negative length',
    Buffer.concat([startup(), Buffer.from('p'), int32(-1)]),
    '08P01',
    'login_too_large',
  ],
  [
    'a cancel key of 3 bytes',
    Buffer.concat([int32(15), int32(80877102), Buffer.alloc(7)]),
    '08P01',
    'protocol_violation',
  ],
  [
    'a cancel key of 257 bytes',
    Buffer.concat([int32(269), int32(80877102), Buffer.alloc(261)]),
    '08P01',
    'protocol_violation',
  ],
  [
    'an SSLRequest with a tail',
    Buffer.concat([int32(9), int32(80877103), Buffer.of(0)]),
    '08P01',
    'protocol_violation',
  ],
  [
    'A07 two SSLRequests where there is no TLS',
    Buffer.concat([sslRequest, sslRequest]),
    '08P01',
    'protocol_violation',
  ],
  [
    'A07 requests for encryption in turn, without end',
    Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.concat([gssEncRequest, sslRequest]))),
    '08P01',
    'protocol_violation',
  ],
  ['A07 two GSSENCRequests', Buffer.concat([gssEncRequest, gssEncRequest]), '08P01', 'protocol_violation'],
];

describe('a client that sends what it must not', () => {
  test.each(badBytes)('is refused with one FATAL: %s', async (_, bytes, sqlstate, code) => {
    const { tls, ...withoutTls } = doorWith();
    door = withoutTls;
    const before = outcomes.length;
    const socket = connectTcp(port, '127.0.0.1');
    socket.write(bytes);
    const received = await rest(socket);
    const accepted = await outcomes[before];
    expect(accepted).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(errorIn(received)).toMatchObject({ severity: 'FATAL', sqlstate });
  });

  test('A01 gets nothing parsed of clear text that was stuffed behind its SSLRequest', async () => {
    const { refusal, received } = await refusedFor(
      Buffer.concat([sslRequest, startup(), password('stuffed')]),
    );
    expect(refusal).toMatchObject({ code: 'protocol_violation' });
    expect(received.subarray(0, 1).toString()).toBe('E');
  });

  test.each([
    ['TLS', 'that it asked for', sslRequest],
    ['GSSAPI', 'that it asked for', gssEncRequest],
    ['TLS', 'that it began with', sslRequest],
    ['GSSAPI', 'that it began with', gssEncRequest],
  ])('A07 may not ask for %s inside of the encryption %s', async (_, how, request) => {
    const { socket, outcome } = await dial();
    if (how === 'that it asked for') {
      socket.write(sslRequest);
      await take(socket, 1);
    }
    const tls = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ['postgresql'] });
    await once(tls, 'secureConnect');
    tls.write(request);
    expect(errorIn(await rest(tls))).toMatchObject({ sqlstate: '08P01' });
    expect(await outcome()).toMatchObject({ kind: 'refused', refusal: { code: 'protocol_violation' } });
  });

  test('A03 is told before any password is asked for when it comes in clear text', async () => {
    const { refusal, received } = await refusedFor(startup(), { clearTextAllowed: false });
    expect(refusal.code).toBe('token_unsafe_transport');
    expect(refusal.message).toContain('sslmode=require');
    expect(received.subarray(0, 1).toString()).toBe('E');
  });

  test('A03 is told so too when it sends its token in the startup packet', async () => {
    const { refusal } = await refusedFor(startup(['authToken', 'gwt_x']), { clearTextAllowed: false });
    expect(refusal.code).toBe('token_unsafe_transport');
  });

  test('A04 A09 makes the process hold no memory that was not sent', async () => {
    const open = await Promise.all(Array.from({ length: 100 }, () => dial()));
    const before = await heldBufferBytes();
    for (const { socket } of open) {
      socket.write(Buffer.concat([startup(), Buffer.from('p'), int32(16_000)]));
    }
    await Promise.all(open.map(({ socket }) => once(socket, 'data')));
    expect((await heldBufferBytes()) - before).toBeLessThan(100 * 16_384);
    for (const { socket } of open) socket.destroy();
    const ended = await Promise.all(open.map(({ outcome }) => outcome()));
    expect(new Set(ended.map(({ kind }) => kind))).toEqual(new Set(['left']));
  });
});

describe('a client that leaves', () => {
  const steps: readonly [when: string, bytes: Buffer][] = [
    ['before it sent anything', Buffer.alloc(0)],
    ['after one byte', Buffer.of(0)],
    ['within the startup packet', startup().subarray(0, 12)],
    ['at the password prompt, as psql does to ask its person', startup()],
    ['within its password', Buffer.concat([startup(), password('gwt_x').subarray(0, 7)])],
    ['after a GSSENCRequest', gssEncRequest],
  ];

  test.each(steps)('%s has left, and that is no failed login', async (_, bytes) => {
    const { socket, outcome } = await dial();
    socket.end(bytes);
    expect(await outcome()).toEqual({ kind: 'left' });
  });

  test.each(steps)('%s by a reset has left as well', async (_, bytes) => {
    const { socket, outcome } = await dial();
    if (bytes.length > 0) await new Promise((resolve) => socket.write(bytes, resolve));
    socket.resetAndDestroy();
    expect(await outcome()).toEqual({ kind: 'left' });
  });

  test('during the TLS handshake has left', async () => {
    const { socket, outcome } = await dial();
    socket.write(sslRequest);
    expect((await take(socket, 1)).toString()).toBe('S');
    socket.end(Buffer.from('this is no ClientHello'));
    expect(await outcome()).toEqual({ kind: 'left' });
  });
});

describe('encryption', () => {
  test('begins after an SSLRequest, and everything goes on inside of it', async () => {
    const { socket, outcome } = await dial({ clearTextAllowed: false });
    socket.write(sslRequest);
    expect((await take(socket, 1)).toString()).toBe('S');
    const tls = connectTls({ socket, rejectUnauthorized: false });
    tls.write(Buffer.concat([startup(['database', 'authdb']), password('gwt_secret')]));
    const accepted = await outcome();
    expect(accepted).toMatchObject({
      kind: 'login',
      client: { userHint: 'ann', databaseHint: 'authdb', encrypted: true },
    });
    tls.destroy();
  });

  test('begins at once for a client that offers the protocol by ALPN', async () => {
    const { socket, outcome } = await dial({ clearTextAllowed: false });
    const tls = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ['postgresql'] });
    tls.write(Buffer.concat([startup(), password('gwt_secret')]));
    expect(await outcome()).toMatchObject({ kind: 'login', client: { encrypted: true } });
    tls.destroy();
  });

  test('is refused at once without ALPN', async () => {
    const { socket, outcome } = await dial();
    const tls = connectTls({ socket, rejectUnauthorized: false });
    tls.write(startup());
    expect(errorIn(await rest(tls))).toMatchObject({ sqlstate: '08P01' });
    expect(await outcome()).toMatchObject({ kind: 'refused', refusal: { code: 'protocol_violation' } });
  });

  test('is asked for by GSSAPI first and TLS then, as libpq with Kerberos does', async () => {
    const { socket, outcome } = await dial();
    socket.write(gssEncRequest);
    expect((await take(socket, 1)).toString()).toBe('N');
    socket.write(sslRequest);
    expect((await take(socket, 1)).toString()).toBe('S');
    socket.destroy();
    expect(await outcome()).toEqual({ kind: 'left' });
  });

  test('is declined at a door inside the process, and the client may go on', async () => {
    const { tls: _, ...withoutTls } = doorWith();
    door = withoutTls;
    const before = outcomes.length;
    const socket = connectTcp(port, '127.0.0.1');
    socket.write(sslRequest);
    expect((await take(socket, 1)).toString()).toBe('N');
    socket.write(Buffer.concat([startup(), password('gwt_x')]));
    while (outcomes.length <= before) await new Promise((resolve) => setImmediate(resolve));
    expect(await outcomes[before]).toMatchObject({ kind: 'login', client: { encrypted: false } });
    socket.destroy();
  });

  test('takes nothing older than TLS 1.2', async () => {
    const { socket, outcome } = await dial();
    socket.write(sslRequest);
    await take(socket, 1);
    const tls = connectTls({
      socket,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    tls.on('error', () => {});
    expect(await outcome()).toEqual({ kind: 'left' });
    tls.destroy();
  });
});

describe('the token', () => {
  test('A15 comes as the password, up to 16 KiB', async () => {
    const long = 'x'.repeat(16_384);
    const { socket, outcome } = await dial();
    socket.write(Buffer.concat([startup(), password(long)]));
    const accepted = await outcome();
    expect(accepted.kind === 'login' && accepted.client.credential.reveal()).toBe(long);
    socket.destroy();
  });

  const carriers: readonly [how: string, name: string, value: string][] = [
    ['in the options', 'options', '-c authToken=gwt_abc'],
    ['in the options without a space', 'options', '-cauthToken=gwt_abc'],
    ['in the options with two dashes', 'options', '--authToken=gwt_abc'],
    ['in the options with escapes', 'options', '  -c  auth\\Token=gwt\\_abc '],
    ['as a parameter', 'authToken', 'gwt_abc'],
  ];

  test.each(carriers)('comes %s, and no password is asked for', async (_, name, value) => {
    const { socket, outcome } = await dial();
    socket.write(startup([name, value]));
    const accepted = await outcome();
    if (accepted.kind !== 'login') throw new Error(accepted.kind);
    expect(accepted.client.credential.reveal()).toBe('gwt_abc');
    expect([...accepted.client.settings.keys()]).toEqual([]);
    expect(socket.bytesRead).toBe(0);
    socket.destroy();
  });
});

describe('the startup packet', () => {
  test('A06 gives the settings of the allow-list, by name in lower case and in order', async () => {
    const client = await login({
      user: 'readonly',
      database: 'authdb',
      TimeZone: 'Europe/Vienna',
      application_name: 'psql',
      DateStyle: 'ISO',
      replication: 'off',
      options: '-c statement_timeout=5s --search-path=a\\ b,c -c geqo=off',
    });
    expect(client.userHint).toBe('readonly');
    expect(client.databaseHint).toBe('authdb');
    expect(client.application).toBe('psql');
    expect([...client.settings]).toEqual([
      ['application_name', 'psql'],
      ['datestyle', 'ISO'],
      ['geqo', 'off'],
      ['search_path', 'a b,c'],
      ['statement_timeout', '5s'],
      ['timezone', 'Europe/Vienna'],
    ]);
  });

  test('A18 of version 3.0 gets a cancel key of 4 secret bytes, of 3.2 one of 32', async () => {
    const old = (await login({ user: 'a' })).mintCancelKey();
    const young = (await login({ user: 'a' }, 0x0003_0002)).mintCancelKey();
    expect(old.bytes.length).toBe(8);
    expect(young.bytes.length).toBe(36);
    expect(young.id).toBe(young.bytes.toString('hex'));
    expect(old.bytes.readInt32BE(0)).toBeGreaterThanOrEqual(0);
  });

  test('A06 of a newer version or with unknown protocol options is answered with what we speak', async () => {
    for (const [protocol, options, expected] of [
      [0x0003_0002, [], ''],
      [0x0003_270f, [], '76000000100003000200000000'.slice(0, 2)],
      [0x0003_0000, ['_pq_.compression'], '76'],
    ] as const) {
      const { socket } = await dial();
      socket.write(
        startupMessage(protocol, [['user', 'a'], ...options.map((name) => [name, 'on'] as const)]),
      );
      const [first] = await take(socket, 1);
      expect(first === 0x76).toBe(expected !== '');
      if (first === 0x76) {
        const length = (await take(socket, 4)).readInt32BE(0);
        const body = await take(socket, length - 4);
        expect(body.readInt32BE(0)).toBe(Math.min(protocol, 0x0003_0002));
        expect(body.readInt32BE(4)).toBe(options.length);
        expect(body.toString('utf8', 8)).toBe(options.map((name) => `${name}\0`).join(''));
      }
      socket.destroy();
    }
  });

  test('sent byte by byte is the same', async () => {
    const { socket, outcome } = await dial();
    socket.setNoDelay(true);
    for (const byte of Buffer.concat([startup(['database', 'd']), password('gwt_slow')])) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await outcome()).toMatchObject({ kind: 'login', client: { databaseHint: 'd' } });
    socket.destroy();
  });
});

describe('a cancel request', () => {
  test('comes in clear as well, since old clients know no other way, and ends its connection when it is done', async () => {
    const { socket, outcome } = await dial({ clearTextAllowed: false });
    const key = Buffer.from('0011223344556677', 'hex');
    socket.write(Buffer.concat([int32(16), int32(80877102), key]));
    const accepted = await outcome();
    expect(accepted).toMatchObject({ kind: 'cancel', key: '0011223344556677' });
    if (accepted.kind === 'cancel') accepted.close();
    expect(await rest(socket)).toHaveLength(0);
  });

  test('comes inside TLS from newer clients, with a long key', async () => {
    const { socket, outcome } = await dial();
    socket.write(sslRequest);
    await take(socket, 1);
    const tls = connectTls({ socket, rejectUnauthorized: false });
    const key = Buffer.alloc(36, 7);
    tls.write(Buffer.concat([int32(44), int32(80877102), key]));
    const accepted = await outcome();
    expect(accepted).toMatchObject({ kind: 'cancel', key: key.toString('hex') });
    if (accepted.kind === 'cancel') accepted.close();
    expect(await rest(tls)).toHaveLength(0);
  });
});
