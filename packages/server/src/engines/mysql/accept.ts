import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { Refusal } from '../../core/index.ts';
import type { Accepted, Door } from '../engine.ts';
import { acceptTls, endWith, readExactly } from '../framing/index.ts';
import { askForToken } from './ask-for-token.ts';
import { MysqlClient } from './client.ts';
import { offeredCapabilities } from './client-settings.ts';
import { nextConnectionId } from './connection-id.ts';
import { parseClientAnswer } from './handshake-response.ts';
import { type HeaderFault, overStream, PacketExchange } from './packet-exchange.ts';
import { greeting, type HandshakeResponse, packet, refusalReply } from './packets.ts';
import { capability, nonceBytes } from './protocol.ts';

/**
 * The greeting goes out before anybody knows which server the token is for, so it names none. Programs that decide
 * by the version take us for a MySQL of the long-term line; what they ask the session itself, as `SELECT VERSION()`,
 * the database answers.
 */
const serverVersion = '8.4.0-grantway';
/** utf8mb4_general_ci, which every client knows. Only what a client chooses itself is passed on. */
const greetedCollation = 45;
/**
 * The longest packet of a login. It may carry an identity provider's token, which may be long; together with one read
 * of the socket nobody who has not signed in may make us hold more than 64 KiB for long.
 */
const mostLoginBytes = 20_480;
/** More packets than any login has. */
const mostLoginPackets = 9;
/** The first byte of a TLS record that carries a ClientHello. */
const tlsHandshakeRecord = 0x16;

/**
 * A client's handshake up to its access token: greeting, encryption, handshake response, token. Nothing of the
 * token's meaning is looked at here. Ends with `left` when the socket is over, at whatever step.
 *
 * Source: MySQL Server source documentation, "Connection Phase".
 */
export async function accept(rawSocket: Duplex, door: Door): Promise<Accepted> {
  // A reset must not end the process; every step below notices that the socket is over.
  rawSocket.on('error', () => rawSocket.destroy());
  let socket = rawSocket;
  const exchange = new PacketExchange(overStream(socket), mostLoginBytes, headerRefusal);
  try {
    const nonce = makeNonce();
    const connectionId = nextConnectionId();
    const capabilities = offeredCapabilities | (door.tls === undefined ? 0 : capability.ssl);
    exchange.send(
      greeting({ serverVersion, connectionId, nonce, capabilities, collation: greetedCollation }),
    );

    const opened = await openDoor(exchange, socket, door, (secured) => {
      socket = secured;
    });
    if (opened === 'left') return { kind: 'left' };
    const { response, encrypted } = opened;
    const needed = door.signedIn?.() !== true;
    const credential = await askForToken({ exchange, nonce, response, encrypted, needed });
    if (credential === 'left') return { kind: 'left' };
    const login = { socket, exchange, connectionId, response, credential, encrypted };
    return { kind: 'login', client: new MysqlClient(login) };
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    await endWith(socket, packet(exchange.sequence, refusalReply(thrown)));
    return { kind: 'refused', refusal: thrown };
  }
}

type Opening = 'left' | { readonly response: HandshakeResponse; readonly encrypted: boolean };

/**
 * TLS when the client asks for it, up to its handshake response. Only what it says inside TLS counts then: the request
 * before it came in the clear, where anybody may have changed it.
 */
async function openDoor(
  exchange: PacketExchange,
  socket: Duplex,
  door: Door,
  secured: (socket: Duplex) => void,
): Promise<Opening> {
  const first = await exchange.receive();
  if (first === 'ended') return 'left';
  const answer = parseClientAnswer(first);
  if (answer.kind === 'response') {
    // Before any password is asked for: clients send it in the clear when they are asked in the clear.
    if (!door.clearTextAllowed)
      throw new Refusal('token_unsafe_transport', { how: 'mysql --ssl-mode=REQUIRED, mariadb --ssl' });
    return { response: answer.response, encrypted: false };
  }

  const tls = await startTls(socket, door, secured);
  if (tls === 'left') return 'left';
  exchange.transport = overStream(tls);
  const second = await exchange.receive();
  if (second === 'ended') return 'left';
  const inside = parseClientAnswer(second);
  if (inside.kind === 'ssl_request') {
    throw new Refusal('protocol_violation', { what: 'encryption was asked for again' });
  }
  return { response: inside.response, encrypted: true };
}

async function startTls(
  socket: Duplex,
  door: Door,
  secured: (socket: Duplex) => void,
): Promise<TLSSocket | 'left'> {
  if (door.tls === undefined) throw new Refusal('protocol_violation', { what: 'TLS was not offered' });
  // Clients begin with TLS without waiting for us. Anything else behind the request came in the clear: an attacker
  // may have put it there for the time after the handshake, when it would look as if it had been encrypted.
  const next = await readExactly(socket, 1);
  if (next === 'ended') return 'left';
  if (next[0] !== tlsHandshakeRecord) {
    throw new Refusal('protocol_violation', { what: 'unencrypted bytes after the request for encryption' });
  }
  socket.unshift(next);
  const tls = await acceptTls(socket, { ...door, tls: door.tls });
  if (tls !== 'left') secured(tls);
  return tls;
}

/** Random bytes without NUL, which ends a nonce on the wire, and without the `$` that MySQL leaves out too. */
function makeNonce(): Buffer {
  return Buffer.from(randomBytes(nonceBytes).map((byte) => 0x25 + (byte % 0x5a)));
}

/** Bytes that make no sense as a header are of another protocol: HTTP, TLS and Redis clients land here. */
function headerRefusal(fault: HeaderFault, header: Buffer): Refusal {
  const isTls = header[0] === tlsHandshakeRecord && header[1] === 3;
  if (isTls || header.readUInt8(3) > mostLoginPackets) return new Refusal('wrong_protocol');
  return fault === 'too_long'
    ? new Refusal('login_too_large')
    : new Refusal('protocol_violation', { what: 'a packet is out of order' });
}
