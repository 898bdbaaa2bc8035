import { hash } from 'node:crypto';

/**
 * One record is one line of JSON: `{"sequence":7,"at":"2026-…Z",…,"hash":"…"}`. Its hash is SHA-256 over the bytes of
 * the log from the previous record's hash up to this line's `,"hash"`: the previous hash, `"}` and a line break, and
 * what the record says. Nothing has to be rebuilt or put in order to check it.
 */

/** Where a chain stands: the number and the hash of its newest record. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

/** Before the first record. */
export const chainStart: ChainHead = { sequence: 0, hash: '0'.repeat(64) };

/** What stands in the log between a hash and the record that is linked to it. */
export const seam = '"}\n';
/** The bytes of a hash with the seam behind it. */
export const linkBytes = chainStart.hash.length + seam.length;

/** The bytes of `,"hash":"<64>"}`. */
const tailBytes = 75;
const tailShape = /^,"hash":"([0-9a-f]{64})"\}$/;
const headShape = /^\{"sequence":([1-9]\d{0,15}),"at":"/;

/** The frame of a line: what the chain needs, without parsing the event. */
export interface LineFrame {
  readonly sequence: number;
  readonly hash: string;
  /** What the hash is over, besides the previous hash. */
  readonly body: Buffer;
}

/** Takes a line (without its line break) apart; undefined for anything that `SealedLines` did not shape. */
export function parseFrame(line: Buffer): LineFrame | undefined {
  const tail = tailShape.exec(line.toString('latin1', Math.max(line.length - tailBytes, 0)));
  const head = headShape.exec(line.toString('latin1', 0, Math.min(line.length, 48)));
  if (tail?.[1] === undefined || head?.[1] === undefined) return undefined;
  return { sequence: Number(head[1]), hash: tail[1], body: line.subarray(0, line.length - tailBytes) };
}

/** The hash that a line must carry after `previous`. */
export function expectedHash(previous: string, body: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(previous + seam), body]), 'hex');
}

const timeShape = /^\{"sequence":\d+,"at":"([^"]+)"/;

/** When a record says that it was made, in wall-clock milliseconds; undefined when that is no time. */
export function recordedAt({ body }: LineFrame): number | undefined {
  const [, text = ''] = timeShape.exec(body.toString('latin1', 0, 80)) ?? [];
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
