import { once } from 'node:events';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../tests/support/certificates.ts';
import { command } from '../../../../../tests/support/raw-redis.ts';
import { Refusal } from '../../core/index.ts';
import type { Accepted, Client, Door } from '../engine.ts';
import { accept } from './accept.ts';

const good = 'gwt_good';
const noAuth = '-NOAUTH Authentication required.\r\n';
const helloNeedsAuth = expect.stringMatching(/^-NOAUTH HELLO must be called .* the same time\r\n$/);
const wrongPass =
  '-WRONGPASS This access token is not valid any more. Get a fresh one and connect again.\r\n';

/** What came of a connection: what the client was sent until the end, and how the handshake ended. */
interface Outcome {
  readonly sent: string;
  readonly accepted: Accepted['kind'] | undefined;
  readonly refusal: string | undefined;
  readonly client: Client | undefined;
}

const servers: Server[] = [];
let tlsPair: { readonly certificate: string; readonly privateKey: string };
let authority: string;

beforeAll(async () => {
  const made = await makeAuthority();
  authority = made.certificate;
  tlsPair = await made.issue(['localhost']);
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const clearDoor: Door = { name: 'redis', clearTextAllowed: true };
const tlsDoor = (clearTextAllowed: boolean): Door => ({
  name: 'redis',
  clearTextAllowed,
  tls: () => createSecureContext({ cert: tlsPair.certificate, key: tlsPair.privateKey }),
});

/** A listener that lets in who has the good token, and tells others that theirs is not valid. */
async function listen(door: Door): Promise<{ readonly port: number; readonly outcome: Promise<Outcome> }> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const server = createServer({ highWaterMark: 16_384 }, async (socket) => {
    let sent = '';
    let accepted = await accept(
      countWrites(socket, (text) => {
        sent += text;
      }),
      door,
    );
    while (accepted.kind === 'login' && accepted.client.credential.reveal() !== good) {
      accepted = (await accepted.client.retry?.(new Refusal('token_invalid'))) ?? { kind: 'left' };
    }
    resolve({
      sent,
      accepted: accepted.kind,
      refusal: accepted.kind === 'refused' ? accepted.refusal.code : undefined,
      client: accepted.kind === 'login' ? accepted.client : undefined,
    });
    socket.destroy();
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not listening');
  return { port: bound.port, outcome: promise };
}

/** Notes what is written to a client, also when it does not read. */
function countWrites(socket: Socket, note: (text: string) => void): Socket {
  const { write, end } = socket;
  socket.write = ((bytes: Buffer, ...rest: []) => {
    note(bytes.toString('latin1'));
    return write.call(socket, bytes, ...rest);
  }) as Socket['write'];
  socket.end = ((bytes?: Buffer) => {
    if (bytes !== undefined) note(bytes.toString('latin1'));
    return end.call(socket, bytes ?? Buffer.alloc(0));
  }) as Socket['end'];
  return socket;
}

/** Sends bytes in pieces and ends. */
async function say(bytes: string, door: Door = clearDoor, pieces = 1): Promise<Outcome> {
  const { port, outcome } = await listen(door);
  const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => socket.destroy());
  socket.resume();
  await once(socket, 'connect');
  const all = Buffer.from(bytes, 'latin1');
  const size = Math.ceil(all.length / pieces);
  for (let at = 0; at < all.length; at += size) {
    socket.write(all.subarray(at, at + size));
    if (pieces > 1) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  const end = await outcome;
  socket.destroy();
  return end;
}

describe('a sign-in', () => {
  test.each<[how: string, bytes: string, user: string, settings: Record<string, string>]>([
    ['AUTH with a token alone', command('AUTH', good), '', { protocol: '2' }],
    ['AUTH with a user', command('auth', 'reader', good), 'reader', { protocol: '2' }],
    ['HELLO 3', command('HELLO', '3', 'AUTH', 'reader', good), 'reader', { protocol: '3' }],
    [
      'HELLO 2 with a name',
      command('Hello', '2', 'setname', 'app', 'auth', 'x', good),
      'x',
      { protocol: '2', name: 'app' },
    ],
    ['a line of words', `AUTH reader "${good}"\r\n`, 'reader', { protocol: '2' }],
    ['a line that ends as in Unix', `  auth   ${good}\n`, '', { protocol: '2' }],
    ['empty lines before it', `\r\n\n*0\r\n*-1\r\n${command('AUTH', good)}`, '', { protocol: '2' }],
  ])('is read from %s', async (_, bytes, user, settings) => {
    for (const pieces of [1, 7, bytes.length]) {
      const { accepted, client, sent } = await say(bytes, clearDoor, pieces);
      expect(accepted).toBe('login');
      expect(sent).toBe('');
      expect(client?.userHint).toBe(user);
      expect(client?.databaseHint).toBe('');
      expect(client?.application).toBe(settings.name ?? '');
      expect(Object.fromEntries(client?.settings ?? [])).toEqual(settings);
    }
  });

  test('A15 E09 takes a token of 16 KiB, and refuses a longer one', async () => {
    expect((await say(command('AUTH', 'x'.repeat(16_384)))).sent).toContain('-WRONGPASS');
    expect(await say(command('AUTH', 'x'.repeat(16_385)))).toMatchObject({
      accepted: 'refused',
      refusal: 'protocol_violation',
    });
  });

  test('may be tried three times on a connection, after which it is closed', async () => {
    const wrong = command('AUTH', 'gwt_wrong');
    expect(await say(wrong + wrong + command('AUTH', good))).toMatchObject({
      accepted: 'login',
      sent: wrongPass + wrongPass,
    });
    expect(await say(wrong + wrong + wrong + command('AUTH', good))).toMatchObject({
      accepted: 'left',
      sent: wrongPass + wrongPass + wrongPass,
    });
  });

  test('leaves what was sent behind it to the session', async () => {
    const { client } = await say(command('AUTH', good) + command('GET', 'a'));
    expect(client).toBeDefined();
    const { socket } = client as unknown as { readonly socket: Socket };
    expect(socket.read()?.toString()).toBe(command('GET', 'a'));
  });
});

describe('a stranger', () => {
  test.each<[what: string, bytes: string, sent: unknown]>([
    ['another command', command('GET', 'a'), noAuth],
    ['PING', command('PING'), noAuth],
    ['CLIENT SETINFO', command('CLIENT', 'SETINFO', 'LIB-NAME', 'x'), noAuth],
    ['an unknown command', command('NOSUCH'), noAuth],
    ['HELLO alone', command('HELLO'), helloNeedsAuth],
    ['HELLO with a version', command('HELLO', '3'), helloNeedsAuth],
    [
      'HELLO with a version that nobody speaks',
      command('HELLO', '4', 'AUTH', 'a', good),
      '-NOPROTO unsupported protocol version\r\n',
    ],
    [
      'HELLO without a number',
      command('HELLO', 'three'),
      '-ERR Protocol version is not an integer or out of range\r\n',
    ],
    [
      'HELLO with half an option',
      command('HELLO', '3', 'AUTH', 'a'),
      "-ERR Syntax error in HELLO option 'AUTH'\r\n",
    ],
    [
      'HELLO with a bad name',
      command('HELLO', '3', 'SETNAME', 'a b'),
      '-ERR Client names cannot contain spaces, newlines or special characters.\r\n',
    ],
    [
      'A17 the address of somebody else by the PROXY protocol',
      'PROXY TCP4 10.0.0.1 10.0.0.2 4711 6379\r\n',
      noAuth,
    ],
    ['AUTH without a token', command('AUTH'), "-ERR wrong number of arguments for 'auth' command\r\n"],
    ['AUTH with too much', command('AUTH', 'a', 'b', 'c'), '-ERR syntax error\r\n'],
    ['RESET', command('RESET'), '+RESET\r\n'],
    ['two commands', command('PING') + command('PING'), noAuth + noAuth],
  ])('is answered as a server does: %s', async (_, bytes, sent) => {
    expect(await say(bytes)).toMatchObject({ accepted: 'left', sent });
    expect(await say(bytes, clearDoor, bytes.length)).toMatchObject({ accepted: 'left', sent });
  });

  test('may say QUIT, and nothing behind it is read', async () => {
    expect(await say(command('QUIT') + command('AUTH', good))).toMatchObject({
      accepted: 'left',
      sent: '+OK\r\n',
    });
  });

  test.each<[what: string, bytes: string, refusal: string]>([
    ['too many arguments', '*11\r\n', 'protocol_violation'],
    ['a million arguments', '*1000000\r\n', 'protocol_violation'],
    ['a negative length', '*1\r\n$-5\r\n', 'protocol_violation'],
    ['a gigabyte', '*2\r\n$4\r\nAUTH\r\n$1073741824\r\n', 'protocol_violation'],
    ['a length that is no number', '*1\r\n$4x\r\n', 'protocol_violation'],
    ['a length with a zero before it', '*01\r\n', 'protocol_violation'],
    ['a length without end', `*${'1'.repeat(40)}`, 'protocol_violation'],
    ['an argument that is no bulk string', '*1\r\n:1\r\n', 'protocol_violation'],
    ['an argument that is longer than it says', '*1\r\n$4\r\nPING!!\r\n', 'protocol_violation'],
    ['a line end that only looks like one', '*1\r\n$4\r\nPINGxx', 'protocol_violation'],
    ['a header line that ends wrongly', '*1\rX$4\rXPING\rX\n', 'protocol_violation'],
    ['an open quote', 'AUTH "gwt\r\n', 'protocol_violation'],
    ['something behind a quote', 'AUTH "gwt"x\r\n', 'protocol_violation'],
    ['a NUL in a line', `AUTH \0${good}\r\n`, 'protocol_violation'],
    ['a line without end', 'x'.repeat(40_000), 'protocol_violation'],
    [
      'ten arguments of 16 KiB',
      `*10\r\n${'$16384\r\n'.concat('x'.repeat(16_384), '\r\n').repeat(10)}`,
      'login_too_large',
    ],
    ['commands without end', command('PING').repeat(1_000), 'protocol_violation'],
    ['empty commands without end', '*-1\r\n'.repeat(100_000), 'protocol_violation'],
    ['empty lines without end', '\r\n'.repeat(100_000), 'protocol_violation'],
    ['a line of 64 KiB', `GET ${'x'.repeat(65_536)}\r\n`, 'protocol_violation'],
  ])('A09 E09 is refused over %s', async (_, bytes, refusal) => {
    const outcome = await say(bytes);
    expect(outcome).toMatchObject({ accepted: 'refused', refusal });
    expect(outcome.sent).toMatch(/-ERR [^\r\n]+\r\n$/);
    expect(outcome.sent.length).toBeLessThan(2_000);
  });

  test.each<[what: string, bytes: string]>([
    ['an HTTP GET', 'GET / HTTP/1.1\r\nHost: db.example\r\n\r\n'],
    ['an HTTP POST', 'POST /?AUTH HTTP/1.1\r\nContent-Length: 9\r\n\r\nAUTH gwt\r\n'],
    ['TLS where there is none', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('A16 that speaks another protocol is cut without an answer of that protocol: %s', async (_, bytes) => {
    const outcome = await say(bytes);
    expect(outcome).toMatchObject({ accepted: 'refused', refusal: 'wrong_protocol' });
    expect(['', noAuth]).toContain(outcome.sent);
  });

  test.each([1, 20, 34])('that leaves after %i bytes has left, and is no failed sign-in', async (size) => {
    expect(await say(command('AUTH', 'gwt_0123456789').slice(0, size))).toMatchObject({
      accepted: 'left',
      sent: '',
    });
  });
});

describe('encryption', () => {
  test('is refused to nobody who begins with it, on the same port', async () => {
    const { port, outcome } = await listen(tlsDoor(false));
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: authority });
    socket.on('error', () => {});
    socket.write(command('AUTH', 'gwt_wrong') + command('HELLO', '3', 'AUTH', 'reader', good));
    const { accepted, client } = await outcome;
    socket.destroy();
    expect(accepted).toBe('login');
    expect(client?.encrypted).toBe(true);
    expect(client?.credential.reveal()).toBe(good);
  });

  test('A03 is demanded before a token is looked at', async () => {
    const outcome = await say(command('AUTH', good), tlsDoor(false));
    expect(outcome).toMatchObject({ accepted: 'refused', refusal: 'token_unsafe_transport' });
    expect(outcome.sent).toMatch(/^-WRONGPASS This connection is not encrypted.*--tls/);
  });

  test('is not demanded on loopback', async () => {
    expect(await say(command('AUTH', good), tlsDoor(true))).toMatchObject({ accepted: 'login' });
  });

  test('that breaks off has left', async () => {
    expect(await say('\x16\x03\x01\x00\x05hello', tlsDoor(false))).toMatchObject({
      accepted: 'left',
      sent: '',
    });
  });
});
