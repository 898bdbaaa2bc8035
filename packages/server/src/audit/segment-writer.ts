import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Segment, segmentName, syncDirectory, writeFully } from './segments.ts';

/** Lines that are sealed and wait for the disk. */
export interface Batch {
  readonly firstSequence: number;
  readonly bytes: Buffer;
}

/**
 * Appends to the newest segment and knows up to where it is durable. After an error the file is opened again and cut
 * back to that point before anything is written: the kernel may drop a page whose write-back failed and then report
 * the next fdatasync as fine, so bytes of a failed attempt are never trusted.
 */
export class SegmentWriter {
  readonly #directory: string;
  readonly #rotateAt: number;
  #segment: Segment | undefined;
  #durableBytes: number;
  #handle: FileHandle | undefined;

  constructor(
    directory: string,
    rotateAt: number,
    newest?: { readonly segment: Segment; readonly bytes: number },
  ) {
    this.#directory = directory;
    this.#rotateAt = rotateAt;
    this.#segment = newest?.segment;
    this.#durableBytes = newest?.bytes ?? 0;
  }

  /** Writes the batches in order; they are on stable storage when it resolves. @throws whatever the file system said */
  async append(batches: readonly Batch[]): Promise<void> {
    const [first] = batches;
    if (first === undefined) return;
    try {
      const handle = await this.#handleFor(first.firstSequence);
      const bytes = Buffer.concat(batches.map((batch) => batch.bytes));
      await writeFully(handle, bytes, this.#durableBytes);
      await handle.datasync();
      this.#durableBytes += bytes.length;
    } catch (cause) {
      await this.close();
      throw cause;
    }
  }

  /** Closes the file; the next {@link append} opens it again. Never throws. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    // The batch counts as unwritten in any case, so an error of close adds nothing.
    await handle?.close().catch(() => undefined);
  }

  async #handleFor(sequence: number): Promise<FileHandle> {
    if (this.#segment === undefined || this.#durableBytes >= this.#rotateAt) {
      await this.close();
      const name = segmentName(sequence);
      this.#segment = { name, path: join(this.#directory, name), firstSequence: sequence };
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
}
