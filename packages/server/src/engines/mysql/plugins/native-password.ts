import { hash } from 'node:crypto';
import type { Secret } from '../../../core/index.ts';
import { xorRepeating } from './xor.ts';

const sha1 = (bytes: Buffer) => hash('sha1', bytes, 'buffer');

/** mysql_native_password: SHA1(pw) XOR SHA1(nonce ‖ SHA1(SHA1(pw))). Source: its page in the source documentation. */
export function nativeProof(password: Secret, nonce: Buffer): Buffer {
  const once = sha1(Buffer.from(password.reveal()));
  return xorRepeating(once, sha1(Buffer.concat([nonce, sha1(once)])));
}
