import { rm } from 'node:fs/promises';
import { checkSegment } from './check-segment.ts';
import { isMissingFile } from './missing-file.ts';
import { beginningOf, type MarkSigner, readMark, writeMark } from './pruned-mark.ts';
import { type ChainHead, chainStart } from './record-line.ts';
import { firstRecordAt } from './segment-start.ts';
import { listSegments, type Segment, syncDirectory } from './segments.ts';

/** What {@link pruneSegments} works on. */
export interface PruneJob extends MarkSigner {
  readonly directory: string;
  /** Wall-clock milliseconds. A file goes when nothing in it is younger. */
  readonly olderThan: number;
  readonly now: () => number;
  /** Called before a file is removed, with what goes; the file stays when it throws. */
  readonly record: (detail: string) => Promise<void>;
  /** Asked before each file; true ends the work there. */
  readonly stopped: () => boolean;
}

/** How far the work came. */
export type PruneOutcome =
  | { readonly outcome: 'done'; readonly files: number }
  /** What is left is evidence and stays, until somebody has looked at it. `reason` is a sentence without its full stop. */
  | { readonly outcome: 'refused'; readonly files: number; readonly reason: string };

/**
 * Removes the files at the beginning of a log whose records are all too old, file by file: check its records, record
 * that it goes, sign how far the log is gone, remove it. Killed between any two of these, the log still verifies, and
 * the next run goes on. The newest file always stays. Reads in small pieces, so that sessions are not held up.
 *
 * @throws when the directory cannot be read or written, or the removal cannot be recorded
 */
export async function pruneSegments(job: PruneJob): Promise<PruneOutcome> {
  const found = await readMark(job.directory, job);
  if (found.outcome === 'forged')
    return { outcome: 'refused', files: 0, reason: 'pruned.json does not carry our signature' };
  let head = beginningOf(found);
  const segments = await listSegments(job.directory);
  await removeLeftOver(job.directory, segments, head);
  let files = 0;
  for (const segment of await tooOld(segments, head, job.olderThan)) {
    if (job.stopped()) break;
    const checked = await checkSegment(segment, head, { growing: false });
    if (checked.outcome === 'broken') {
      const { file, line } = checked.at;
      return { outcome: 'refused', files, reason: `${checked.reason} (${file}:${line})` };
    }
    // The file behind it is not checked: by that alone, whoever writes in the folder could have us sign away what is young.
    if (checked.youngestAt >= job.olderThan) break;
    await job.record(
      `records ${segment.firstSequence} to ${checked.head.sequence}: all before ${new Date(job.olderThan).toISOString()}`,
    );
    await writeMark(job.directory, job, checked.head, job.now());
    await rm(segment.path);
    head = checked.head;
    files += 1;
  }
  if (files > 0) await syncDirectory(job.directory);
  return { outcome: 'done', files };
}

/**
 * Whether {@link pruneSegments} would find a file to remove; not in a directory that was never made. It costs one short
 * read.
 */
export async function hasTooOld(directory: string, olderThan: number): Promise<boolean> {
  const segments = await listSegments(directory).catch((thrown: unknown) => {
    if (isMissingFile(thrown)) return [];
    throw thrown;
  });
  const [, second] = segments;
  return second !== undefined && (await isBefore(second, olderThan));
}

/**
 * Segments from the beginning on, whose following one starts with a record that is too old itself: then everything
 * before it is. One that was made and not filled yet says nothing, and the one before it stays.
 */
async function tooOld(
  segments: readonly Segment[],
  beginning: ChainHead,
  olderThan: number,
): Promise<readonly Segment[]> {
  const present = segments.filter(({ firstSequence }) => firstSequence > beginning.sequence);
  for (const [index] of present.entries()) {
    const following = present[index + 1];
    if (following === undefined || !(await isBefore(following, olderThan))) return present.slice(0, index);
  }
  return present;
}

async function isBefore(segment: Segment, time: number): Promise<boolean> {
  const at = await firstRecordAt(segment);
  return at !== undefined && at < time;
}

/** What a mark says is gone, and a process that ended in between left there. */
async function removeLeftOver(
  directory: string,
  segments: readonly Segment[],
  beginning: ChainHead,
): Promise<void> {
  if (beginning.sequence === chainStart.sequence) return;
  const left = segments.filter(({ firstSequence }) => firstSequence <= beginning.sequence);
  for (const { path } of left) await rm(path);
  if (left.length > 0) await syncDirectory(directory);
}
