import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../../core/index.ts';

const stretch = promisify(pbkdf2);

/** PostgreSQL's own default. Our passwords are random and long, so that more rounds would only cost logins time. */
const iterations = 4096;

/**
 * What PostgreSQL keeps of a password, in the form that `ALTER ROLE … PASSWORD` takes as it is:
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803 as in PostgreSQL's scram-common.c).
 * Made here, so that the clear password never travels in a statement and never stands in the server's log.
 *
 * @throws TypeError for a password with anything but printable ASCII: that would need SASLprep (RFC 4013)
 */
export async function scramVerifier(password: Secret): Promise<string> {
  const clear = password.reveal();
  if (!/^[\x20-\x7e]+$/.test(clear)) throw new TypeError('a managed password is printable ASCII');
  const salt = randomBytes(16);
  const salted = await stretch(clear, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest();
  const serverKey = createHmac('sha256', salted).update('Server Key').digest();
  const base64 = (bytes: Buffer) => bytes.toString('base64');
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`;
}
