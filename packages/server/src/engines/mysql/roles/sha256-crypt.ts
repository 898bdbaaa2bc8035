import { createHash } from 'node:crypto';
import type { Secret } from '../../../core/index.ts';

const digestBytes = 32;
const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The order in which the bytes of the digest become text, three at a time. */
const order = [
  [0, 10, 20],
  [21, 1, 11],
  [12, 22, 2],
  [3, 13, 23],
  [24, 4, 14],
  [15, 25, 5],
  [6, 16, 26],
  [27, 7, 17],
  [18, 28, 8],
  [9, 19, 29],
] as const;

/**
 * The digest of SHA-crypt with SHA-256, 43 characters, as MySQL's caching_sha2_password keeps it: the scheme of
 * `crypt(3)` (U. Drepper, "Unix crypt using SHA-256 and SHA-512"), but with a salt of 20 bytes where that ends at 16.
 * Node.js has no such function. 5,000 rounds take some 10 ms.
 */
export function sha256Crypt(password: Secret, salt: string, rounds: number): string {
  const key = Buffer.from(password.reveal());
  const salting = Buffer.from(salt);
  const alternate = sha256(key, salting, key);

  const first = [key, salting, repeated(alternate, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? alternate : key);
  let digest = sha256(...first);

  const keys = repeated(sha256(...Array.from({ length: key.length }, () => key)), key.length);
  const saltTimes = 16 + digest.readUInt8(0);
  const salts = repeated(sha256(...Array.from({ length: saltTimes }, () => salting)), salting.length);
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    const parts = [odd ? keys : digest];
    if (round % 3 !== 0) parts.push(salts);
    if (round % 7 !== 0) parts.push(keys);
    parts.push(odd ? digest : keys);
    digest = sha256(...parts);
  }
  return text(digest);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes.subarray(0, digestBytes));
}

function text(digest: Buffer): string {
  const groups = order.map((places) => {
    const [high, middle, low] = places.map((place) => digest.readUInt8(place));
    return characters(((high ?? 0) << 16) | ((middle ?? 0) << 8) | (low ?? 0), 4);
  });
  return groups.join('') + characters((digest.readUInt8(31) << 8) | digest.readUInt8(30), 3);
}

function characters(bits: number, count: number): string {
  return Array.from({ length: count }, (_, index) => alphabet[(bits >> (6 * index)) & 0x3f]).join('');
}
