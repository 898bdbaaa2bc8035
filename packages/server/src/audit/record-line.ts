import { hash } from 'node:crypto';
import type { AuditEvent } from './event.ts';
import { eventFields } from './event-fields.ts';

/**
 * One record is one line of JSON: `{"sequence":7,"at":"2026-…Z",…,"hash":"…"}`. The hash is SHA-256 over the previous
 * record's hash and the bytes of the line before `,"hash"`, so nothing has to be rebuilt to check it.
 */

/** Where a chain stands: the number and the hash of its newest record. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

/** Before the first record. */
export const chainStart: ChainHead = { sequence: 0, hash: '0'.repeat(64) };

/** A line with its line break, and the head after it. */
export interface SealedLine {
  readonly line: string;
  readonly head: ChainHead;
}

/** Makes the next line of a chain. `at` is wall-clock milliseconds. */
export function sealRecord(event: AuditEvent, at: number, previous: ChainHead): SealedLine {
  const sequence = previous.sequence + 1;
  const body = `{"sequence":${sequence},"at":"${isoTime(at)}",${eventFields(event)}`;
  const digest = hash('sha256', previous.hash + body, 'hex');
  return { line: `${body},"hash":"${digest}"}\n`, head: { sequence, hash: digest } };
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

/** Takes a line (without its line break) apart; undefined for anything that {@link sealRecord} did not shape. */
export function parseFrame(line: Buffer): LineFrame | undefined {
  const tail = tailShape.exec(line.toString('latin1', Math.max(line.length - tailBytes, 0)));
  const head = headShape.exec(line.toString('latin1', 0, Math.min(line.length, 48)));
  if (tail?.[1] === undefined || head?.[1] === undefined) return undefined;
  return { sequence: Number(head[1]), hash: tail[1], body: line.subarray(0, line.length - tailBytes) };
}

/** The hash that a line must carry after `previous`. */
export function expectedHash(previous: string, body: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(previous), body]), 'hex');
}
