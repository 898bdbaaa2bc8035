import { truncate } from 'node:fs/promises';
import { readLines } from './read-lines.ts';
import { type ChainHead, chainStart, expectedHash, parseFrame, recordedAt } from './record-line.ts';
import type { OpenSegment } from './segment-writer.ts';
import { listSegments, type Segment } from './segments.ts';

/** What a directory holds when a process takes it over. */
export interface RecoveredChain {
  readonly head: ChainHead;
  readonly newest?: OpenSegment;
  /** What was found wrong, in words, for the gap record and the log. */
  readonly findings: readonly string[];
}

/**
 * Finds the end of the chain, and cuts a last line that was not written in full. A complete record is never removed,
 * not even one that does not fit the chain: it is evidence, and the verifier names it.
 *
 * @param beginning where the chain begins: at its start, or behind what was removed because of its age
 * @throws when a segment cannot be read or cut
 */
export async function recoverChain(directory: string, beginning: ChainHead): Promise<RecoveredChain> {
  const segments = await listSegments(directory);
  const findings: string[] = [];
  let following: Segment | undefined;
  for (const segment of segments.toReversed()) {
    const end = await endOf(segment);
    if (end.cutBytes > 0) {
      await truncate(segment.path, end.bytes);
      findings.push(`${end.cutBytes} bytes of an unfinished record were cut from ${segment.name}`);
    }
    if (end.brokenAt !== undefined)
      findings.push(`the chain does not hold at record ${end.brokenAt} in ${segment.name}`);
    if (end.head !== undefined) {
      if (following !== undefined) return { head: end.head, findings };
      const { bytes, startedAt } = end;
      const newest = { segment, bytes, ...(startedAt !== undefined && { startedAt }) };
      return { head: end.head, newest, findings };
    }
    // Made and never filled, because the process ended in between: the next record takes the name again.
    following = segment;
  }
  return { head: beginning, findings };
}

interface SegmentEnd {
  /** The last record; undefined when there is none. */
  readonly head: ChainHead | undefined;
  /** Up to the end of the last record. */
  readonly bytes: number;
  readonly cutBytes: number;
  /** When its first record was made, as far as that can be read. */
  readonly startedAt: number | undefined;
  /** The first record that does not fit to the one before it in this segment. */
  readonly brokenAt: number | undefined;
}

async function endOf(segment: Segment): Promise<SegmentEnd> {
  let head: ChainHead | undefined;
  let bytes = 0;
  let size = 0;
  let startedAt: number | undefined;
  let brokenAt: number | undefined;
  for await (const line of readLines(segment.path)) {
    size = line.offset + line.bytes.length + (line.end === 'break' ? 1 : 0);
    if (line.end === 'too_long')
      // Cutting here could take whole records behind the damage with it.
      throw new Error(
        `The audit file ${segment.path} is damaged at line ${line.number}. Move it to a safe place.`,
      );
    const frame = line.end === 'break' ? parseFrame(line.bytes) : undefined;
    // A block of zeros after a power cut, or half a line. Only counts as the end when nothing readable follows.
    if (frame === undefined) continue;
    // What the first record of a later segment follows stands in another file; the verifier looks there.
    const previous = head ?? (segment.firstSequence === 1 ? chainStart : undefined);
    if (previous !== undefined && expectedHash(previous.hash, frame.body) !== frame.hash)
      brokenAt ??= frame.sequence;
    startedAt ??= recordedAt(frame);
    head = { sequence: frame.sequence, hash: frame.hash };
    bytes = size;
  }
  return { head, bytes, cutBytes: size - bytes, startedAt, brokenAt };
}
