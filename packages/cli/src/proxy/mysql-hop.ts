import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { dialDoor, secureDoor } from './door-connection.ts';
import type { Hop, HopProtocol, HopTarget } from './hop.ts';
import { readBytes } from './read-bytes.ts';

/** Capability flags (MySQL Server source documentation, "Capabilities Flags"). */
const flag = {
  connectWithDb: 0x8,
  ssl: 0x800,
  secureConnection: 0x8000,
  pluginAuth: 0x80000,
  lengthEncodedAuth: 0x200000,
} as const;
const mostLoginBytes = 20_480;
const moreAuthData = 0x01;
const authSwitch = 0xfe;
const ok = 0x00;
const clearPassword = 'mysql_clear_password';

interface Packet {
  readonly sequence: number;
  readonly payload: Buffer;
}

/**
 * MySQL and MariaDB: the program gets the gateway's own greeting without TLS in it, answers, and its answer goes on
 * with the token in place of a password. Whatever password the program has is not looked at.
 */
export const mysqlHop: HopProtocol = {
  async signIn({ client, target: targetNow }: Hop): Promise<Duplex> {
    const target = await targetNow();
    const door = await dialDoor(client, target);
    const greeting = await readPacket(door);
    client.write(packet(0, withoutTls(greeting.payload)));
    const answer = parseAnswer((await readPacket(client)).payload);
    const flags =
      (answer.flags | flag.ssl | flag.connectWithDb | flag.secureConnection | flag.pluginAuth) >>> 0;
    const fixed = Buffer.from(answer.fixed);
    fixed.writeUInt32LE(flags, 0);
    door.write(packet(1, fixed));
    const secured = await secureDoor(door, target);
    secured.write(packet(2, Buffer.concat([fixed, signedIn(answer, target)])));
    const end = await outcome(secured, target);
    // A program that sent a proof of some password waits to hear that it was enough.
    const proved = end[0] === ok && answer.usesSha2 && answer.sentProof;
    if (proved) client.write(packet(2, Buffer.from([moreAuthData, 0x03])));
    client.write(packet(proved ? 3 : 2, end));
    return secured;
  },

  address: (port, database) => `mysql://127.0.0.1:${port}/${database}`,

  refusal(sentence) {
    const payload = Buffer.concat([Buffer.from([0xff, 0xd3, 0x07]), Buffer.from(`#08001${sentence}`)]);
    return packet(0, payload);
  },
};

/** The door's last word on the login: OK, or the error that the program is to see. */
async function outcome(door: Socket, { accessToken }: HopTarget): Promise<Buffer> {
  for (;;) {
    const { sequence, payload } = await readPacket(door);
    if (payload[0] !== authSwitch && payload[0] !== moreAuthData) return payload;
    door.write(packet(sequence + 1, Buffer.from(`${accessToken}\0`)));
  }
}

/** The lower half of the capabilities stands behind the version, connection id, first part of the nonce and filler. */
function withoutTls(greeting: Buffer): Buffer {
  const versionEnd = greeting.indexOf(0, 1);
  if (greeting[0] !== 10 || versionEnd < 0) throw new Error('The gateway did not greet as MySQL does.');
  const at = versionEnd + 1 + 4 + 8 + 1;
  const changed = Buffer.from(greeting);
  changed.writeUInt16LE(greeting.readUInt16LE(at) & ~flag.ssl, at);
  return changed;
}

interface ClientAnswer {
  readonly flags: number;
  /** Flags, packet size, character set and filler: what an SSLRequest consists of too. */
  readonly fixed: Buffer;
  readonly sentProof: boolean;
  readonly usesSha2: boolean;
  readonly attributes: Buffer;
}

function parseAnswer(payload: Buffer): ClientAnswer {
  const fixed = payload.subarray(0, 32);
  if (fixed.length < 32) throw new Error('This port speaks MySQL.');
  const flags = fixed.readUInt32LE(0);
  let at = payload.indexOf(0, 32) + 1;
  const text = () => {
    const end = payload.indexOf(0, at);
    const found = payload.toString('utf8', at, end < 0 ? payload.length : end);
    at = end < 0 ? payload.length : end + 1;
    return found;
  };
  // No client answers a greeting of 20 random bytes with more than 250.
  const proofBytes = payload[at] ?? 0;
  at += 1 + proofBytes;
  if ((flags & flag.connectWithDb) !== 0) text();
  const plugin = (flags & flag.pluginAuth) === 0 ? '' : text();
  return {
    flags,
    fixed,
    // Without a password a proof is empty, or a single NUL, and nothing is awaited.
    sentProof: proofBytes > 1,
    usesSha2: plugin === 'caching_sha2_password',
    attributes: payload.subarray(at),
  };
}

function signedIn({ attributes }: ClientAnswer, { connection, accessToken }: HopTarget): Buffer {
  const token = Buffer.from(`${accessToken}\0`);
  return Buffer.concat([
    Buffer.from(`${connection.username}\0`),
    // One byte of length is right with and without `lengthEncodedAuth`: a token has at most 79 characters.
    Buffer.from([token.length]),
    token,
    Buffer.from(`${connection.database}\0${clearPassword}\0`),
    attributes,
  ]);
}

async function readPacket(stream: Duplex): Promise<Packet> {
  const header = await readBytes(stream, 4);
  const length = header.readUIntLE(0, 3);
  if (length > mostLoginBytes) throw new Error('This port speaks MySQL.');
  return { sequence: header.readUInt8(3), payload: await readBytes(stream, length) };
}

function packet(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header.writeUInt8(sequence & 0xff, 3);
  return Buffer.concat([header, payload]);
}
