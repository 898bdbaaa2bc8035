import type { Refusal } from '../../core/index.ts';
import { authentication, fromServer } from './protocol.ts';

/** One message: type byte, length, body. @throws RangeError when the length does not fit its field */
export function message(type: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(5 + body.length);
  bytes.writeUInt8(type, 0);
  bytes.writeInt32BE(body.length + 4, 1);
  body.copy(bytes, 5);
  return bytes;
}

/** NUL-terminated strings, one after the other. */
export function cStrings(...values: readonly string[]): Buffer {
  return Buffer.from(values.map((value) => `${value}\0`).join(''));
}

/** A 32-bit number, big-endian. @throws RangeError when it does not fit */
export function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** The startup packet, which has no type byte. */
export function startupMessage(protocol: number, parameters: Iterable<readonly [string, string]>): Buffer {
  const body = Buffer.concat([int32(protocol), cStrings(...[...parameters].flat()), Buffer.of(0)]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** `AuthenticationOk`: nothing more is asked of the client. */
export const authenticationOk = message(fromServer.authentication, int32(authentication.ok));
/** `AuthenticationCleartextPassword`. */
export const cleartextPasswordRequest = message(
  fromServer.authentication,
  int32(authentication.cleartextPassword),
);

/** `ReadyForQuery` outside of a transaction. */
export const readyForQuery = message(fromServer.readyForQuery, Buffer.from('I'));

/** Tells a client which protocol version we go on with, and which of its options we do not know. */
export function negotiateProtocolVersion(protocol: number, unknownOptions: readonly string[]): Buffer {
  return message(
    fromServer.negotiateProtocolVersion,
    Buffer.concat([int32(protocol), int32(unknownOptions.length), cStrings(...unknownOptions)]),
  );
}

/** `ParameterStatus`. */
export function parameterStatus(name: string, value: string): Buffer {
  return message(fromServer.parameterStatus, cStrings(name, value));
}

/**
 * A refusal as a FATAL `ErrorResponse`. The hint carries the stable code, which programs may look for; the sentence
 * itself says already what to do, since many clients show nothing else.
 */
export function fatalError(refusal: Refusal): Buffer {
  const fields = [
    'SFATAL',
    'VFATAL',
    `C${refusal.native.sqlstate}`,
    `M${refusal.message.replaceAll('\0', ' ')}`,
    `HGrantway refused this (${refusal.code}).`,
  ];
  return message(fromServer.errorResponse, Buffer.concat([cStrings(...fields), Buffer.of(0)]));
}
