import { hash } from 'node:crypto';
import type { Secret } from '../../../core/index.ts';
import { xorRepeating } from './xor.ts';

const sha256 = (bytes: Buffer) => hash('sha256', bytes, 'buffer');

/**
 * caching_sha2_password: SHA256(pw) XOR SHA256(SHA256(SHA256(pw)) ‖ nonce), enough for a server that has the password
 * in its cache. Source: its page in the source documentation.
 */
export function sha2Proof(password: Secret, nonce: Buffer): Buffer {
  const once = sha256(Buffer.from(password.reveal()));
  return xorRepeating(once, sha256(Buffer.concat([sha256(once), nonce])));
}
