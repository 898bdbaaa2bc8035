import { createHash, randomBytes } from 'node:crypto';
import type { Secret } from '../../../core/index.ts';

/**
 * What Redshift keeps of a password, in the form that `ALTER USER … PASSWORD` takes as it is: `sha256|<digest>|<salt>`,
 * both in hexadecimal, the digest over the password and the bytes of the salt. Made here, so that the clear password
 * never travels in a statement and never stands in the server's log.
 */
export function sha256Verifier(password: Secret): string {
  const salt = randomBytes(16);
  const digest = createHash('sha256').update(password.reveal()).update(salt).digest('hex');
  return `sha256|${digest}|${salt.toString('hex')}`;
}
