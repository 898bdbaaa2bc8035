import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { Refusal, Secret } from '../../core/index.ts';
import type { Accepted, Door } from '../engine.ts';
import { acceptTls, endWith, readExactly } from '../framing/index.ts';
import { PostgresClient } from './client.ts';
import { type ClientSettings, readClientSettings } from './client-settings.ts';
import { fatalError, negotiateProtocolVersion } from './messages.ts';
import { askByBearer } from './oauth-bearer.ts';
import {
  parseStartupPacket,
  type StartupPacket,
  startupBodyBytes,
  unknownVersion,
} from './startup-packet.ts';
import { askForToken, type TokenRequest } from './token-request.ts';
import type { DoorVariation } from './variation.ts';

/** The first byte of a TLS record that carries a ClientHello. */
const tlsHandshakeRecord = 0x16;
/** The ALPN name of this protocol; direct TLS demands it, so that an HTTPS server's client cannot be sent here. */
const alpn = 'postgresql';

/**
 * A client's handshake up to its access token: encryption, startup packet, token. Nothing of the token's meaning is
 * looked at here. Ends with `left` when the socket is over, at whatever step.
 *
 * Source: documentation chapter "Frontend/Backend Protocol", section "Start-up"; RFC 7301 for ALPN.
 */
export async function accept(rawSocket: Duplex, door: Door, variation: DoorVariation): Promise<Accepted> {
  // A reset must not end the process; every step below notices that the socket is over.
  rawSocket.on('error', () => rawSocket.destroy());
  let socket = rawSocket;
  try {
    const opened = await openDoor(socket, door, (secured) => {
      socket = secured;
    });
    if (opened === 'left') return { kind: 'left' };
    const { packet, encrypted } = opened;
    if (packet.kind === 'cancel') {
      return {
        kind: 'cancel',
        key: packet.key.toString('hex'),
        close: () => void endWith(socket, Buffer.alloc(0)),
      };
    }

    // Before any password is asked for: clients send it in the clear when they are asked in the clear.
    if (!encrypted && !door.clearTextAllowed)
      throw new Refusal('token_unsafe_transport', { how: 'sslmode=require' });
    const asked = readClientSettings(packet.parameters, variation.startup);
    const protocol = negotiateVersion(socket, packet.protocol, asked, variation);
    const token =
      asked.token ?? (await tokenOf(socket, door, asked, variation.tokenRequest(packet.parameters)));
    if (token === 'left') return { kind: 'left' };
    return { kind: 'login', client: new PostgresClient(socket, protocol, asked, token, encrypted) };
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    await endWith(socket, fatalError(thrown));
    return { kind: 'refused', refusal: thrown };
  }
}

/** psql would ask its person for a password as soon as it is asked for one, so who is signed in already is not asked. */
async function tokenOf(
  socket: Duplex,
  { signedIn, issuer }: Door,
  { bearer, database }: ClientSettings,
  request: TokenRequest,
): Promise<Secret | 'left'> {
  if (signedIn?.() === true) return new Secret('');
  if (!bearer) return await askForToken(socket, request);
  if (issuer === undefined) throw new Refusal('feature_not_offered', { what: 'authMethod=oauth' });
  return await askByBearer(socket, { issuer, database });
}

type Opening =
  | 'left'
  | {
      readonly packet: Extract<StartupPacket, { kind: 'startup' | 'cancel' }>;
      readonly encrypted: boolean;
    };

/** Encryption requests, each at most once, up to the packet that says what the client wants. */
async function openDoor(raw: Duplex, door: Door, secured: (socket: Duplex) => void): Promise<Opening> {
  let socket = raw;
  let encrypted = false;
  const asked = new Set<StartupPacket['kind']>();

  const firstByte = await readExactly(socket, 1);
  if (firstByte === 'ended') return 'left';
  socket.unshift(firstByte);
  if (firstByte[0] === tlsHandshakeRecord) {
    const tls = await startTls(socket, door, secured);
    if (tls === 'left') return 'left';
    if (tls.alpnProtocol !== alpn) {
      throw new Refusal('protocol_violation', {
        what: `TLS without SSLRequest needs the ALPN protocol ${alpn}`,
      });
    }
    socket = tls;
    encrypted = true;
  }

  for (;;) {
    const packet = await readStartupPacket(socket);
    if (packet === 'left') return 'left';
    if (packet.kind === 'startup' || packet.kind === 'cancel') return { packet, encrypted };
    if (encrypted || asked.has(packet.kind)) {
      throw new Refusal('protocol_violation', { what: 'encryption was asked for again' });
    }
    asked.add(packet.kind);
    if (packet.kind === 'gss_enc_request' || door.tls === undefined) {
      socket.write('N');
      continue;
    }
    // Bytes behind the request came in the clear. An attacker may have put them there for the time after the
    // handshake, when they would look as if the client had sent them encrypted (CVE-2021-23214).
    if (socket.readableLength > 0) {
      throw new Refusal('protocol_violation', { what: 'unencrypted bytes after the request for encryption' });
    }
    socket.write('S');
    const tls = await startTls(socket, door, secured);
    if (tls === 'left') return 'left';
    socket = tls;
    encrypted = true;
  }
}

async function readStartupPacket(socket: Duplex): Promise<StartupPacket | 'left'> {
  const lengthWord = await readExactly(socket, 4);
  if (lengthWord === 'ended') return 'left';
  const body = await readExactly(socket, startupBodyBytes(lengthWord));
  return body === 'ended' ? 'left' : parseStartupPacket(body);
}

async function startTls(
  socket: Duplex,
  door: Door,
  secured: (socket: Duplex) => void,
): Promise<TLSSocket | 'left'> {
  if (door.tls === undefined) throw new Refusal('wrong_protocol');
  const tls = await acceptTls(socket, { ...door, tls: door.tls }, alpn);
  if (tls !== 'left') secured(tls);
  return tls;
}

/**
 * Settles the protocol version. The answer goes out only when it must: clients that asked for nothing new take it for
 * an error (postgres.js, pgjdbc).
 * @throws Refusal `feature_not_offered` for a version that is too new where nobody is told of an older one
 */
function negotiateVersion(
  socket: Duplex,
  wanted: number,
  { unknownProtocolOptions }: ClientSettings,
  { newestProtocol, negotiates }: DoorVariation,
): number {
  const protocol = Math.min(wanted, newestProtocol);
  if (!negotiates) {
    if (wanted > newestProtocol) throw unknownVersion(wanted);
  } else if (wanted > newestProtocol || unknownProtocolOptions.length > 0) {
    socket.write(negotiateProtocolVersion(protocol, unknownProtocolOptions));
  }
  return protocol;
}
