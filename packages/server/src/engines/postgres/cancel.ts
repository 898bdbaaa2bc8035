import { randomBytes } from 'node:crypto';
import type { CancelKey } from '../engine.ts';
import { int32 } from './messages.ts';
import { cancelRequestCode } from './protocol.ts';

/** A client of protocol 3.0 takes exactly 4 bytes of secret; one of 3.2 up to 256, and PostgreSQL gives 32. */
const secretBytes = (protocol: number) => (protocol >= 0x0003_0002 ? 32 : 4);

/**
 * A cancel key of our own: process id and secret are both random, so that under protocol 3.0 there are 63 bits to
 * guess and not 32. The id keeps its sign bit clear: drivers show it as a number.
 */
export function mintCancelKey(protocol: number): CancelKey {
  const bytes = randomBytes(4 + secretBytes(protocol));
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return { id: bytes.toString('hex'), bytes };
}

/** The packet that asks a server to cancel; `key` is the process id and the secret. */
export function cancelRequest(key: Buffer): Buffer {
  return Buffer.concat([int32(8 + key.length), int32(cancelRequestCode), key]);
}
