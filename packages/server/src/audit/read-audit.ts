import { isMissingFile } from './missing-file.ts';
import { type Line, readLines } from './read-lines.ts';
import { listSegments, type Segment } from './segments.ts';

/** A record as it was written: the frame, and the event's fields beside it. */
export interface AuditRecord {
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly type: string;
  readonly hash: string;
  readonly [field: string]: unknown;
}

/** Which records are wanted; all that are given must fit. */
export interface AuditFilter {
  /** Wall-clock milliseconds; records from then on. */
  readonly since?: number;
  /** Wall-clock milliseconds; records before then. */
  readonly until?: number;
  /** Principal id. */
  readonly person?: string;
  /** Client id. */
  readonly client?: string;
  readonly database?: string;
  readonly type?: string;
  /** Part of a statement's text, in letters of either case. */
  readonly text?: string;
}

/**
 * Reads the log in order with bounded memory, from the record number `from` on. It may be read while it is written:
 * a line that is not finished is left out. To follow it, call again with the last sequence plus one. Lines that are
 * no records are skipped; {@link verifyAudit} is what names them.
 *
 * @throws when the directory or a segment cannot be read
 */
export async function* readAudit(
  directory: string,
  filter: AuditFilter = {},
  from = 1,
): AsyncGenerator<AuditRecord> {
  const segments = await listSegments(directory);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next !== undefined && next.firstSequence <= from) continue;
    for await (const line of linesOf(segment)) {
      const record = line.end === 'break' ? parseRecord(line.bytes) : undefined;
      if (record !== undefined && record.sequence >= from && matches(record, filter)) yield record;
    }
  }
}

/** Nothing of a file that was removed for its age since it was listed. */
async function* linesOf({ path }: Segment): AsyncGenerator<Line> {
  try {
    yield* readLines(path);
  } catch (thrown) {
    if (!isMissingFile(thrown)) throw thrown;
  }
}

function parseRecord(bytes: Buffer): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is AuditRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { sequence, at, type } = value as Record<string, unknown>;
  return typeof sequence === 'number' && typeof at === 'string' && typeof type === 'string';
}

function matches(record: AuditRecord, filter: AuditFilter): boolean {
  const { since, until, person, client, database, type, text } = filter;
  return (
    (since === undefined || Date.parse(record.at) >= since) &&
    (until === undefined || Date.parse(record.at) < until) &&
    (person === undefined || record.person === person) &&
    (client === undefined || record.client === client) &&
    (database === undefined || record.database === database) &&
    (type === undefined || record.type === type) &&
    (text === undefined ||
      String(record.text ?? '')
        .toLowerCase()
        .includes(text.toLowerCase()))
  );
}
