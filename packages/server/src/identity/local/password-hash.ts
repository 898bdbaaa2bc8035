import { Buffer } from 'node:buffer';
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import { verify as bcryptVerify } from '@node-rs/bcrypt';
import type { Clock, Secret } from '../../core/index.ts';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. The only place that says so. */
const parameters = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/** Longer passwords are refused before any work. Far above the 64 characters that must be accepted (ASVS 6.2.9). */
export const maxPasswordBytes = 1024;

/** bcrypt reads no further than this, and stops at a NUL. */
const bcryptMaxBytes = 72;

/**
 * Hashes a password for the store: argon2id as a PHC string, computed off the main thread.
 * @throws RangeError above {@link maxPasswordBytes}: it could never be used to sign in.
 */
export async function hashPassword(password: Secret): Promise<string> {
  const clear = password.reveal();
  if (Buffer.byteLength(clear) > maxPasswordBytes)
    throw new RangeError(`a password has at most ${maxPasswordBytes} bytes`);
  return argon2Hash(clear, parameters);
}

/**
 * Whether `password` is the one that `stored` was made from; off the main thread.
 *
 * A bcrypt hash never proves a password beyond its 72nd byte or past a NUL, so such a password counts as wrong:
 * taking it would accept any ending. The person needs a new password, which then gets argon2id.
 * @throws TypeError when the hash is of neither kind: the caller cannot tell and must refuse.
 */
export async function verifyPassword(stored: string, password: Secret): Promise<boolean> {
  const clear = password.reveal();
  if (stored.startsWith('$argon2id$')) return argon2Verify(stored, clear);
  if (!isBcrypt(stored)) throw new TypeError('the stored password hash is neither argon2id nor bcrypt');
  if (Buffer.byteLength(clear) > bcryptMaxBytes || clear.includes('\0')) return false;
  return bcryptVerify(clear, stored);
}

/** Whether a hash came from elsewhere and is replaced by ours at the next success. */
export function needsUpgrade(stored: string): boolean {
  return isBcrypt(stored);
}

/**
 * Spends what {@link verifyPassword} spends and proves nothing: for people who do not exist, so that the time of an
 * answer does not say who does.
 */
export async function verifyNobody(password: Secret): Promise<void> {
  nobody ??= argon2Hash('nobody', parameters);
  await argon2Verify(await nobody, password.reveal());
}

let nobody: Promise<string> | undefined;

/**
 * How long a wrong password takes with the slowest of these hashes on this machine, in milliseconds; 0 when all of them
 * are ours. Off the main thread, once.
 */
export async function slowestVerifierMs(hashes: readonly string[], clock: Clock): Promise<number> {
  const cost = hashes.filter(isBcrypt).map(costOf).sort().at(-1);
  if (cost === undefined) return 0;
  const startedAt = clock.monotonic();
  await bcryptVerify('nobody', `$2b$${cost}$${'.'.repeat(53)}`);
  return clock.monotonic() - startedAt;
}

/** Two digits, so that they sort as text. */
function costOf(bcrypt: string): string {
  return bcrypt.slice(4, 6);
}

/** Costs above 2^16 rounds would hold a thread for seconds at each try. */
function isBcrypt(stored: string): boolean {
  return /^\$2[aby]\$(?:0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/.test(stored);
}
