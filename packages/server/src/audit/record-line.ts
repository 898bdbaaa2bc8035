import { hash } from 'node:crypto';
import type { AuditEvent } from './event.ts';
import { eventFields } from './event-fields.ts';

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

/** What stands in the log between a hash and the next record. */
const seam = '"}\n';
const linkBytes = chainStart.hash.length + seam.length;

/** Lines, ready to be written, and the head after them. */
export interface SealedRecords {
  readonly bytes: Buffer;
  readonly head: ChainHead;
}

/**
 * Makes the next lines of a chain. `times` are wall-clock milliseconds, one an event.
 *
 * Every line is written once, behind the hash that it is linked to, and hashed where it stands: building it as text
 * and encoding it afterwards costs half as much again, for each statement that anybody runs.
 */
export function sealRecords(
  events: readonly AuditEvent[],
  times: readonly number[],
  previous: ChainHead,
): SealedRecords {
  let { sequence, hash: digest } = previous;
  let bytes = Buffer.allocUnsafe(linkBytes + events.length * usualBytes);
  let end = bytes.write(digest + seam, 0, 'latin1');
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    if (event === undefined) break;
    sequence += 1;
    const body = `{"sequence":${sequence},"at":"${isoTime(times[index] ?? 0)}",${eventFields(event)}`;
    // A UTF-16 unit takes three bytes at most.
    bytes = withRoom(bytes, end, body.length * 3 + tailBytes + 1);
    const start = end - linkBytes;
    end += bytes.write(body, end, 'utf8');
    digest = hash('sha256', bytes.subarray(start, end), 'hex');
    end += bytes.write(`,"hash":"${digest}${seam}`, end, 'latin1');
  }
  return { bytes: bytes.subarray(linkBytes, end), head: { sequence, hash: digest } };
}

/** Room for a usual record, so that a group rarely has to move. */
const usualBytes = 1_024;

function withRoom(bytes: Buffer<ArrayBuffer>, used: number, wanted: number): Buffer<ArrayBuffer> {
  if (bytes.length - used >= wanted) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, used + wanted));
  bytes.copy(larger, 0, 0, used);
  return larger;
}

let lastAt = Number.NaN;
let lastIso = '';

/** Many records share a millisecond, and formatting one costs as much as hashing it. */
function isoTime(at: number): string {
  if (at !== lastAt) {
    lastAt = at;
    lastIso = new Date(at).toISOString();
  }
  return lastIso;
}

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

/** Takes a line (without its line break) apart; undefined for anything that {@link sealRecords} did not shape. */
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
