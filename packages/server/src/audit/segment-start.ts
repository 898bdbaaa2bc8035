import { readLines } from './read-lines.ts';
import { parseFrame, recordedAt } from './record-line.ts';
import type { Segment } from './segments.ts';

/**
 * When the first record of a segment was made, in wall-clock milliseconds; undefined when it has none that can be read.
 * @throws when the segment cannot be read
 */
export async function firstRecordAt(segment: Segment): Promise<number | undefined> {
  for await (const line of readLines(segment.path)) {
    const frame = line.end === 'break' ? parseFrame(line.bytes) : undefined;
    return frame && recordedAt(frame);
  }
  return undefined;
}
