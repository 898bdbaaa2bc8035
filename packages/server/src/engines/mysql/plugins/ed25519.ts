import { hash } from 'node:crypto';
import type { Secret } from '../../../core/index.ts';

/**
 * MariaDB's client_ed25519: an Ed25519 signature of the nonce (RFC 8032, 5.1.6), but with the password itself where
 * the RFC has a seed of 32 bytes. No library takes a seed of another length, so the arithmetic is here. Its time
 * depends on the secret, as far as a peer can see one signature of each nonce that it chooses.
 */
export function ed25519Signature(password: Secret, nonce: Buffer): Buffer {
  const expanded = sha512(Buffer.from(password.reveal()));
  const secret = clamped(expanded.subarray(0, 32));
  const publicKey = encodePoint(timesBase(secret));
  const r = toNumber(sha512(expanded.subarray(32), nonce)) % order;
  const commitment = encodePoint(timesBase(r));
  const challenge = toNumber(sha512(commitment, publicKey, nonce)) % order;
  return Buffer.concat([commitment, toBytes((r + challenge * secret) % order)]);
}

/** What MariaDB keeps of a password for ed25519: the public key of its signatures. */
export function ed25519PublicKey(password: Secret): Buffer {
  return encodePoint(timesBase(clamped(sha512(Buffer.from(password.reveal())).subarray(0, 32))));
}

/** The field's prime, the order of the base point, and the curve's constant d (RFC 8032, 5.1). */
const prime = 2n ** 255n - 19n;
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** A point in extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
  readonly t: bigint;
}

const baseX = 15112221349535400772501151409588531511454012693041857206046113283949847762202n;
const baseY = 46316835694926478169428394003475163141307993866256225615783033603165251855960n;
const base: Point = { x: baseX, y: baseY, z: 1n, t: mod(baseX * baseY) };
const neutral: Point = { x: 0n, y: 1n, z: 1n, t: 0n };

/** The base point doubled 0, 1, 2 … times; made when the first login needs it. */
const doublings: Point[] = [];

function timesBase(factor: bigint): Point {
  if (doublings.length === 0) {
    for (let point = base; doublings.length < 256; point = add(point, point)) doublings.push(point);
  }
  let bits = factor;
  let sum = neutral;
  for (const point of doublings) {
    if ((bits & 1n) === 1n) sum = add(sum, point);
    bits >>= 1n;
  }
  return sum;
}

/** RFC 8032, 5.1.4. The formula holds for equal points too. */
function add(p: Point, q: Point): Point {
  const a = mod((p.y - p.x) * (q.y - q.x));
  const b = mod((p.y + p.x) * (q.y + q.x));
  const c = mod(2n * d * p.t * q.t);
  const e = mod(2n * p.z * q.z);
  const f = b - a;
  const g = e - c;
  const h = e + c;
  const i = b + a;
  return { x: mod(f * g), y: mod(h * i), z: mod(g * h), t: mod(f * i) };
}

/** RFC 8032, 5.1.2: y, with the lowest bit of x on top. */
function encodePoint(point: Point): Buffer {
  const inverse = power(point.z, prime - 2n);
  const bytes = toBytes(mod(point.y * inverse));
  const sign = Number(mod(point.x * inverse) & 1n);
  bytes.writeUInt8(bytes.readUInt8(31) | (sign << 7), 31);
  return bytes;
}

function clamped(bytes: Buffer): bigint {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(0) & 0xf8, 0);
  copy.writeUInt8((copy.readUInt8(31) & 0x7f) | 0x40, 31);
  return toNumber(copy);
}

function power(value: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = value;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function mod(value: bigint): bigint {
  const rest = value % prime;
  return rest < 0n ? rest + prime : rest;
}

function toNumber(littleEndian: Buffer): bigint {
  return BigInt(`0x${Buffer.from(littleEndian).reverse().toString('hex')}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function sha512(...parts: readonly Buffer[]): Buffer {
  return hash('sha512', Buffer.concat(parts), 'buffer');
}
