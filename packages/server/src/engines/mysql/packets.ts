import type { Refusal } from '../../core/index.ts';
import { capability, headerBytes, mostPacketBytes, nonceBytes, plugin, reply, status } from './protocol.ts';

/** One packet. @throws RangeError when the payload does not fit in one */
export function packet(sequence: number, payload: Buffer): Buffer {
  if (payload.length >= mostPacketBytes) throw new RangeError('a payload is too long for one packet');
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  bytes.writeUIntLE(payload.length, 0, 3);
  bytes.writeUInt8(sequence & 0xff, 3);
  payload.copy(bytes, headerBytes);
  return bytes;
}

/** A little-endian number of `size` (1 to 6) bytes. @throws RangeError when it does not fit */
export function int(value: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}

/** Text and its NUL. */
export function cString(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

/** Bytes behind their length-encoded length, up to 64 KiB of them. */
export function lengthEncoded(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length =
    bytes.length < 0xfb ? int(bytes.length, 1) : Buffer.concat([int(0xfc, 1), int(bytes.length, 2)]);
  return Buffer.concat([length, bytes]);
}

/** What a server says of itself before anybody signs in. */
export interface Greeting {
  readonly serverVersion: string;
  readonly connectionId: number;
  readonly nonce: Buffer;
  readonly capabilities: number;
  readonly collation: number;
}

/** The first packet of a server, Protocol::HandshakeV10. The payload alone. */
export function greeting({ serverVersion, connectionId, nonce, capabilities, collation }: Greeting): Buffer {
  return Buffer.concat([
    int(10, 1),
    cString(serverVersion),
    int(connectionId, 4),
    nonce.subarray(0, 8),
    int(0, 1),
    int(capabilities & 0xffff, 2),
    int(collation, 1),
    int(status.autocommit, 2),
    int(capabilities >>> 16, 2),
    int(nonceBytes + 1, 1),
    Buffer.alloc(10),
    nonce.subarray(8),
    int(0, 1),
    cString(plugin.cachingSha2),
  ]);
}

/** AuthSwitchRequest: go on with this plugin and this nonce. The payload alone. */
export function authSwitch(name: string, nonce: Buffer): Buffer {
  return Buffer.concat([int(reply.authSwitch, 1), cString(name), nonce, int(0, 1)]);
}

/** AuthMoreData: something for the plugin that runs. The payload alone. */
export function moreAuthData(data: Buffer): Buffer {
  return Buffer.concat([int(reply.moreAuthData, 1), data]);
}

/** An OK that says nothing but the session's status, and `info` in words. The payload alone. */
export function okReply(flags: number, info = ''): Buffer {
  const words = info === '' ? Buffer.alloc(0) : lengthEncoded(info);
  return Buffer.concat([int(reply.ok, 1), int(0, 2), int(flags, 2), int(0, 2), words]);
}

/** An OK that says nothing more. The payload alone. */
export const plainOk = okReply(status.autocommit);

/** An error with its number, e.g. 1047. The payload alone. */
export function errorReply(errno: number, message: string): Buffer {
  const text = `#${sqlStates[errno] ?? 'HY000'}${message.replaceAll('\0', ' ')}`;
  return Buffer.concat([int(reply.error, 1), int(errno, 2), Buffer.from(text)]);
}

/** A refusal as an error; its stable code stands at the end, since the protocol has no other place for it. */
export function refusalReply(refusal: Refusal): Buffer {
  return errorReply(refusal.native.mysql, `${refusal.message} [${refusal.code}]`);
}

/** What a client answers to a greeting. */
export interface HandshakeResponse {
  readonly capabilities: number;
  readonly collation: number;
  readonly user: string;
  readonly authData: Buffer;
  readonly database: string;
  readonly plugin: string;
  readonly attributes: readonly (readonly [string, string])[];
}

/** The largest packet that a client declares to take, like the stock clients. */
const declaredMostBytes = 0x4000_0000;

/** Protocol::SSLRequest: what a HandshakeResponse begins with. The payload alone. */
export function sslRequest({
  capabilities,
  collation,
}: Pick<HandshakeResponse, 'capabilities' | 'collation'>): Buffer {
  return Buffer.concat([
    int(capabilities | capability.ssl, 4),
    int(declaredMostBytes, 4),
    int(collation, 1),
    Buffer.alloc(23),
  ]);
}

/** Protocol::HandshakeResponse41, with everything behind it length-encoded. The payload alone. */
export function handshakeResponse(response: HandshakeResponse): Buffer {
  const attributes = Buffer.concat(response.attributes.flatMap((pair) => pair.map(lengthEncoded)));
  return Buffer.concat([
    int(response.capabilities, 4),
    int(declaredMostBytes, 4),
    int(response.collation, 1),
    Buffer.alloc(23),
    cString(response.user),
    lengthEncoded(response.authData),
    cString(response.database),
    cString(response.plugin),
    lengthEncoded(attributes),
  ]);
}

/** SQLSTATEs of the errors that we send (MySQL Server Error Message Reference); all others are HY000. */
const sqlStates: Readonly<Record<number, string>> = {
  1040: '08004',
  1043: '08S01',
  1044: '42000',
  1045: '28000',
  1047: '08S01',
  1049: '42000',
  1053: '08S01',
  1153: '08S01',
  1159: '08S01',
  1226: '42000',
  1235: '42000',
  1305: '42000',
  1317: '70100',
};
