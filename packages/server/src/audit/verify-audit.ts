import type { AuditCheckpoint } from '../store/index.ts';
import { checkSegment, type Place } from './check-segment.ts';
import { isGenuine } from './checkpoint.ts';
import { isMissingFile } from './missing-file.ts';
import { beginningOf, type FoundMark, type PrunedMark, readMark } from './pruned-mark.ts';
import type { ChainHead } from './record-line.ts';
import { listSegments } from './segments.ts';

/** Whether a log is what was written. */
export type AuditVerdict =
  | {
      readonly outcome: 'intact';
      /** How many were read and checked. */
      readonly records: number;
      readonly head: ChainHead;
      /** What was removed from the beginning because of its age; absent: nothing. */
      readonly pruned?: PrunedMark;
    }
  | {
      readonly outcome: 'broken';
      /** The first bad record: where it stands, or where a missing one should stand. */
      readonly at: Place;
      /** One sentence without its full stop. */
      readonly reason: string;
    };

/** What the files are checked against. */
export interface AuditAnchor {
  readonly chain: string;
  readonly signingKey: Buffer;
  /** The newest checkpoint of the store; without it a cut end and an older copy go unnoticed. */
  readonly checkpoint: AuditCheckpoint | undefined;
}

/**
 * Checks every record of the log in order, with bounded memory, and names the first that is not what was written.
 * A gateway may be writing, and removing what is too old, at the same time: fetch the checkpoint first.
 *
 * @throws when the directory or a segment cannot be read
 */
export async function verifyAudit(directory: string, anchor: AuditAnchor): Promise<AuditVerdict> {
  if (anchor.checkpoint !== undefined && !isGenuine(anchor.signingKey, anchor.checkpoint))
    return broken(
      { file: '', line: 0, sequence: anchor.checkpoint.sequence },
      'the checkpoint does not carry our signature',
    );
  for (;;) {
    const mark = await readMark(directory, anchor);
    const verdict = await verifyFrom(directory, mark, anchor.checkpoint);
    if (verdict !== 'file_gone' && verdict.outcome === 'intact') return verdict;
    // Files that went while they were read are no finding, when the mark says that they went.
    const now = await readMark(directory, anchor);
    if (beginningOf(now).sequence > beginningOf(mark).sequence) continue;
    if (verdict !== 'file_gone') return verdict;
    throw new Error(`Files of the audit directory ${directory} vanish while they are read.`);
  }
}

async function verifyFrom(
  directory: string,
  found: FoundMark,
  checkpoint: AuditCheckpoint | undefined,
): Promise<AuditVerdict | 'file_gone'> {
  const start = beginningOf(found);
  if (found.outcome === 'forged')
    return broken(
      { file: 'pruned.json', line: 1, sequence: 1 },
      'what it says of removed records does not carry our signature',
    );
  // What lies before the mark waits for its removal, which something interrupted.
  const segments = (await listSegments(directory)).filter(
    ({ firstSequence }) => firstSequence > start.sequence,
  );
  let head = start;
  let place: Place = { file: segments[0]?.name ?? '', line: 1, sequence: head.sequence + 1 };
  for (const [index, segment] of segments.entries()) {
    const growing = index === segments.length - 1;
    const checked = await checkSegment(segment, head, { growing, checkpoint }).catch((thrown: unknown) => {
      if (isMissingFile(thrown)) return undefined;
      throw thrown;
    });
    if (checked === undefined) return 'file_gone';
    if (checked.outcome === 'broken') return checked;
    head = checked.head;
    place = checked.end;
  }
  if (checkpoint !== undefined && checkpoint.sequence > head.sequence)
    return broken(
      place,
      `the log ends at record ${head.sequence}, but the checkpoint of ${new Date(checkpoint.at).toISOString()} saw record ${checkpoint.sequence}`,
    );
  return {
    outcome: 'intact',
    records: head.sequence - start.sequence,
    head,
    ...(found.outcome === 'genuine' && { pruned: found.mark }),
  };
}

function broken(at: Place, reason: string): AuditVerdict {
  return { outcome: 'broken', at, reason };
}
