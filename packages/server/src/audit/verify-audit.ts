import { basename } from 'node:path';
import type { AuditCheckpoint } from '../store/index.ts';
import { isGenuine } from './checkpoint.ts';
import { type Line, readLines } from './read-lines.ts';
import { type ChainHead, chainStart, expectedHash, parseFrame } from './record-line.ts';
import { listSegments } from './segments.ts';

/** Whether a log is what was written. */
export type AuditVerdict =
  | {
      readonly outcome: 'intact';
      readonly records: number;
      readonly head: ChainHead;
    }
  | {
      readonly outcome: 'broken';
      /** The first bad record: where it stands, or where a missing one should stand. */
      readonly at: { readonly file: string; readonly line: number; readonly sequence: number };
      /** One sentence without its full stop. */
      readonly reason: string;
    };

/** What the files are checked against. */
export interface AuditAnchor {
  readonly signingKey: Buffer;
  /** The newest checkpoint of the store; without it a cut end and an older copy go unnoticed. */
  readonly checkpoint: AuditCheckpoint | undefined;
}

type Place = Extract<AuditVerdict, { outcome: 'broken' }>['at'];

/**
 * Checks every record of the log in order, with bounded memory, and names the first that is not what was written.
 * A gateway may be writing at the same time: fetch the checkpoint first.
 *
 * @throws when the directory or a segment cannot be read
 */
export async function verifyAudit(directory: string, anchor: AuditAnchor): Promise<AuditVerdict> {
  const { checkpoint, signingKey } = anchor;
  const segments = await listSegments(directory);
  let place: Place = { file: segments[0]?.name ?? '', line: 1, sequence: 1 };
  if (checkpoint !== undefined && !isGenuine(signingKey, checkpoint))
    return broken(
      { file: '', line: 0, sequence: checkpoint.sequence },
      'the checkpoint does not carry our signature',
    );

  let head = chainStart;
  for (const [index, segment] of segments.entries()) {
    if (segment.firstSequence !== head.sequence + 1)
      return broken(
        { file: segment.name, line: 1, sequence: head.sequence + 1 },
        `the file ${segment.name} does not follow on record ${head.sequence}`,
      );
    for await (const line of readLines(segment.path)) {
      place = { file: basename(segment.path), line: line.number, sequence: head.sequence + 1 };
      // The end of the newest file is where a gateway writes right now.
      if (line.end === 'file' && index === segments.length - 1) break;
      const checked = checkLine(line, head);
      if ('reason' in checked) return broken(place, checked.reason);
      head = checked.head;
      place = { ...place, line: line.number + 1, sequence: head.sequence + 1 };
      if (checkpoint?.sequence === head.sequence && checkpoint.hash !== head.hash)
        return broken(
          { ...place, line: line.number, sequence: head.sequence },
          'the log up to here was written anew: it does not lead to the checkpoint',
        );
    }
  }
  if (checkpoint !== undefined && checkpoint.sequence > head.sequence)
    return broken(
      place,
      `the log ends at record ${head.sequence}, but the checkpoint of ${new Date(checkpoint.at).toISOString()} saw record ${checkpoint.sequence}`,
    );
  return { outcome: 'intact', records: head.sequence, head };
}

function checkLine(line: Line, head: ChainHead): { readonly head: ChainHead } | { readonly reason: string } {
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
  return { head: { sequence: frame.sequence, hash: frame.hash } };
}

function broken(at: Place, reason: string): AuditVerdict {
  return { outcome: 'broken', at, reason };
}
