import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Segment, segmentName, syncDirectory, writeFully } from './segments.ts';

/** Lines that are sealed and wait for the disk. */
export interface Batch {
  readonly firstSequence: number;
  /** When the first of them was recorded. Wall-clock milliseconds. */
  readonly at: number;
  readonly bytes: Buffer;
}

/** A file that is there already, and goes on. */
export interface OpenSegment {
  readonly segment: Segment;
  /** Up to the end of its last record. */
  readonly bytes: number;
  /** When its first record was made; absent: nobody can tell any more. */
  readonly startedAt?: number;
}

/** A day in one file: what becomes too old is removed file by file. */
const segmentMs = 24 * 3_600_000;

/**
 * Appends to the newest segment and knows up to where it is durable. After an error the file is opened again and cut
 * back to that point before anything is written: the kernel may drop a page whose write-back failed and then report
 * the next fdatasync as fine, so bytes of a failed attempt are never trusted.
 */
export class SegmentWriter {
  readonly #directory: string;
  readonly #rotateAt: number;
  #segment: Segment | undefined;
  #startedAt: number | undefined;
  #durableBytes: number;
  #handle: FileHandle | undefined;

  constructor(directory: string, rotateAt: number, newest?: OpenSegment) {
    this.#directory = directory;
    this.#rotateAt = rotateAt;
    this.#segment = newest?.segment;
    this.#startedAt = newest?.startedAt;
    this.#durableBytes = newest?.bytes ?? 0;
  }

  /** Writes a batch; it is on stable storage when it resolves. @throws whatever the file system said */
  async append(batch: Batch): Promise<void> {
    try {
      const handle = await this.#handleFor(batch);
      await writeFully(handle, batch.bytes, this.#durableBytes);
      await handle.datasync();
      this.#durableBytes += batch.bytes.length;
    } catch (cause) {
      await this.close();
      throw cause;
    }
  }

  /** Closes the file; the next `append` opens it again. Never throws. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    // The batch counts as unwritten in any case, so an error of close adds nothing.
    await handle?.close().catch(() => undefined);
  }

  async #handleFor({ firstSequence, at }: Batch): Promise<FileHandle> {
    if (this.#segment === undefined || this.#isFull(at)) {
      await this.close();
      const name = segmentName(firstSequence);
      this.#segment = { name, path: join(this.#directory, name), firstSequence };
      this.#startedAt = at;
      this.#durableBytes = 0;
    }
    if (this.#handle === undefined) {
      // Positioned writes, not O_APPEND: the position is what was proven durable.
      const handle = await open(this.#segment.path, this.#durableBytes === 0 ? 'w' : 'r+', 0o600);
      this.#handle = handle;
      await handle.truncate(this.#durableBytes);
      if (this.#durableBytes === 0) await syncDirectory(this.#directory);
    }
    return this.#handle;
  }

  #isFull(at: number): boolean {
    const age = at - (this.#startedAt ?? at);
    return this.#durableBytes >= this.#rotateAt || (age >= segmentMs && this.#durableBytes > 0);
  }
}
