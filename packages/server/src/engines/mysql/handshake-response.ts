import { Refusal } from '../../core/index.ts';
import { ByteReader, PayloadTooShort } from './byte-reader.ts';
import type { HandshakeResponse } from './packets.ts';
import { capability } from './protocol.ts';

/** An SSLRequest is the part of a HandshakeResponse41 before the user name. */
const sslRequestBytes = 32;

/** What a client answers to the greeting. */
export type ClientAnswer =
  | { readonly kind: 'ssl_request' }
  | { readonly kind: 'response'; readonly response: HandshakeResponse };

/** Without these a token cannot be asked for; every client and driver of the last fifteen years has them. */
const needed = [
  [capability.protocol41, 'the protocol of MySQL 4.1'],
  [capability.secureConnection, 'passwords of MySQL 4.1'],
  [capability.pluginAuth, 'authentication plugins'],
] as const;

/**
 * Reads Protocol::SSLRequest or Protocol::HandshakeResponse41.
 * @throws Refusal `feature_not_offered` for a client that is too old, `protocol_violation`
 */
export function parseClientAnswer(payload: Buffer): ClientAnswer {
  // Older clients have two bytes of flags, and the bits of the others are not among them.
  const lowFlags = payload.length < 2 ? 0 : payload.readUInt16LE(0);
  if ((lowFlags & capability.protocol41) === 0) throw tooOld(needed[0][1]);
  if (payload.length < sslRequestBytes) throw violation('the handshake response is too short');
  const capabilities = payload.readUInt32LE(0);
  if ((capabilities & capability.ssl) !== 0 && payload.length === sslRequestBytes) {
    return { kind: 'ssl_request' };
  }
  for (const [flag, what] of needed) if ((capabilities & flag) === 0) throw tooOld(what);
  try {
    return { kind: 'response', response: parseResponse(payload, capabilities) };
  } catch (thrown) {
    if (thrown instanceof PayloadTooShort) throw violation('the handshake response is too short');
    throw thrown;
  }
}

function parseResponse(payload: Buffer, capabilities: number): HandshakeResponse {
  const has = (flag: number) => (capabilities & flag) !== 0;
  const reader = new ByteReader(payload.subarray(sslRequestBytes));
  return {
    capabilities,
    collation: payload.readUInt8(8),
    user: reader.untilNul().toString(),
    authData: reader.bytes(has(capability.lengthEncodedAuth) ? reader.lengthEncoded() : reader.int(1)),
    database: has(capability.connectWithDatabase) ? reader.untilNul().toString() : '',
    plugin: reader.untilNul().toString('latin1'),
    attributes: has(capability.connectAttributes) ? parseAttributes(reader.lengthEncodedBytes()) : [],
  };
}

function parseAttributes(bytes: Buffer): readonly (readonly [string, string])[] {
  const reader = new ByteReader(bytes);
  const attributes: (readonly [string, string])[] = [];
  while (reader.left > 0) {
    attributes.push([reader.lengthEncodedBytes().toString(), reader.lengthEncodedBytes().toString()]);
  }
  return attributes;
}

function tooOld(what: string): Refusal {
  return new Refusal('feature_not_offered', { what: `Signing in without ${what}` });
}

function violation(what: string): Refusal {
  return new Refusal('protocol_violation', { what });
}
