import type { AuditCheckpoint } from '../store/index.ts';
import { type Line, readLines } from './read-lines.ts';
import { type ChainHead, expectedHash, parseFrame, recordedAt } from './record-line.ts';
import type { Segment } from './segments.ts';

/** A record: where it stands, or where a missing one should stand. */
export interface Place {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly sequence: number;
}

/** Whether the records of one segment follow on the chain before them. */
export type SegmentCheck =
  | {
      readonly outcome: 'holds';
      /** The last record that was read; what was given when there is none. */
      readonly head: ChainHead;
      /**
       * When the youngest of its records was made, in wall-clock milliseconds: infinity when one does not say so,
       * minus infinity when there is none.
       */
      readonly youngestAt: number;
      /** Where the next record will stand. */
      readonly end: Place;
    }
  | {
      readonly outcome: 'broken';
      readonly at: Place;
      /** One sentence without its full stop. */
      readonly reason: string;
    };

/**
 * Checks every record of a segment in order, with bounded memory, and stops at the first that is not what was written.
 *
 * @param head the chain before the segment
 * @param growing whether a gateway may be writing at its end right now; an unfinished line there is no damage
 * @throws when the segment cannot be read
 */
export async function checkSegment(
  segment: Segment,
  head: ChainHead,
  { growing, checkpoint }: { readonly growing: boolean; readonly checkpoint?: AuditCheckpoint | undefined },
): Promise<SegmentCheck> {
  const at = (line: number, sequence: number): Place => ({ file: segment.name, line, sequence });
  if (segment.firstSequence !== head.sequence + 1)
    return {
      outcome: 'broken',
      at: at(1, head.sequence + 1),
      reason: `the file ${segment.name} does not follow on record ${head.sequence}`,
    };
  let last = head;
  let youngestAt = Number.NEGATIVE_INFINITY;
  let lines = 0;
  for await (const line of readLines(segment.path)) {
    if (line.end === 'file' && growing) break;
    lines = line.number;
    const checked = checkLine(line, last);
    if ('reason' in checked)
      return { outcome: 'broken', at: at(lines, last.sequence + 1), reason: checked.reason };
    last = checked.head;
    youngestAt = Math.max(youngestAt, checked.recordedAt);
    if (checkpoint?.sequence === last.sequence && checkpoint.hash !== last.hash)
      return {
        outcome: 'broken',
        at: at(lines, last.sequence),
        reason: 'the log up to here was written anew: it does not lead to the checkpoint',
      };
  }
  return { outcome: 'holds', head: last, youngestAt, end: at(lines + 1, last.sequence + 1) };
}

function checkLine(
  line: Line,
  head: ChainHead,
): { readonly head: ChainHead; readonly recordedAt: number } | { readonly reason: string } {
  const frame = line.end === 'break' ? parseFrame(line.bytes) : undefined;
  if (frame === undefined) return { reason: 'this line is no audit record' };
  const expected = head.sequence + 1;
  if (frame.sequence > expected)
    return {
      reason:
        frame.sequence === expected + 1
          ? `record ${expected} is missing`
          : `records ${expected} to ${frame.sequence - 1} are missing`,
    };
  if (frame.sequence < expected)
    return { reason: `record ${frame.sequence} stands here again, or out of order` };
  if (expectedHash(head.hash, frame.body) !== frame.hash)
    return { reason: 'the content of this record was changed' };
  return {
    head: { sequence: frame.sequence, hash: frame.hash },
    recordedAt: recordedAt(frame) ?? Number.POSITIVE_INFINITY,
  };
}
