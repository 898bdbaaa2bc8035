import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the log. It is named by the sequence of its first record, so the names order the files. */
export interface Segment {
  readonly name: string;
  readonly path: string;
  readonly firstSequence: number;
}

const namePattern = /^(\d{16})\.jsonl$/;

/** The name of the segment that starts with this record. */
export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(16, '0')}.jsonl`;
}

/** The segments of a directory in order. @throws when the directory cannot be read */
export async function listSegments(directory: string): Promise<readonly Segment[]> {
  const names = (await readdir(directory)).filter((name) => namePattern.test(name)).sort();
  return names.map((name) => ({
    name,
    path: join(directory, name),
    firstSequence: Number(name.slice(0, 16)),
  }));
}

/** Makes a new file's name durable: without it a power cut may lose the whole file. */
export async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, 'r');
  await handle.sync();
}

/** Writes all of it, however many calls that takes. */
export async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
