import { createPrivateKey, type KeyObject, pbkdf2, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../../core/index.ts';

const stretch = promisify(pbkdf2);

const algorithm = 0x50;
/** The server gives the logarithm of its rounds: 1024 · 2^this. More than these would keep a thread busy for seconds. */
const mostRoundsLog = 8;
const leastSaltBytes = 8;
/** What stands before the seed in a PKCS #8 document of an Ed25519 key (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * MariaDB's parsec: an Ed25519 signature by a key that is stretched from the password. `serverNonce` came with the
 * switch, `stretching` is the packet after it: 'P', rounds, salt. Source: MariaDB Server, plugin/auth_parsec.
 */
export async function parsecAnswer(
  password: Secret,
  serverNonce: Buffer,
  stretching: Buffer,
): Promise<Buffer | 'unusable'> {
  const roundsLog = stretching[1] ?? mostRoundsLog + 1;
  const salt = stretching.subarray(2);
  if (stretching[0] !== algorithm || roundsLog > mostRoundsLog || salt.length < leastSaltBytes) {
    return 'unusable';
  }
  const key = await parsecKey(password, salt, roundsLog);
  const clientNonce = randomBytes(32);
  return Buffer.concat([clientNonce, sign(null, Buffer.concat([serverNonce, clientNonce]), key)]);
}

/** The key that a password is stretched to. `roundsLog` is the logarithm of the rounds, as the server gives it. */
export async function parsecKey(password: Secret, salt: Buffer, roundsLog: number): Promise<KeyObject> {
  const seed = await stretch(password.reveal(), salt, 1024 * 2 ** roundsLog, 32, 'sha512');
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
}
