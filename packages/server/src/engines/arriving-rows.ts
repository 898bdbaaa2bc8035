import type { Duplex } from 'node:stream';
import { Refusal } from '../core/index.ts';

/** How many bytes of an answer may wait for their reader before the database is held back. */
const mostWaitingBytes = 256 * 1024;

/** The most bytes of one row. A driver holds a row as a whole, and a database allows a gigabyte: that would be our memory. */
const mostRowMiB = 32;
const mostRowBytes = mostRowMiB * 1024 * 1024;

/** What stops reading while rows wait: the stream, or a driver that keeps what it has read of it. */
interface Source {
  pause(): void;
  resume(): void;
}

/**
 * Rows on their way from a driver to one reader. While more than {@link mostWaitingBytes} wait the source is paused, which
 * holds the database back; so an answer may have any number of rows, and only a single row can be too large.
 *
 * Bytes are counted as they arrive on `stream`, which is all that tells of a row before it is complete. When the stream
 * closes before `end`, the rows fail.
 */
export class ArrivingRows<Row> implements AsyncIterable<Row> {
  readonly #stream: Duplex;
  readonly #source: Source;
  /** What has come since the reader last had everything, taken or not. */
  #rows: Row[] = [];
  #bytes = 0;
  #heldBack = false;
  #ended = false;
  #failure: Error | undefined;
  #change: PromiseWithResolvers<void> | undefined;

  constructor(stream: Duplex, source: Source) {
    this.#stream = stream;
    this.#source = source;
    if (stream.destroyed) this.#lost();
    else stream.once('close', this.#lost).on('data', this.#count);
  }

  /** Whether all rows have come from the database. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Hands a complete row to the reader. */
  push(row: Row): void {
    this.#rows.push(row);
    this.#holdBack();
    this.#tell();
  }

  /** Says that no row follows. */
  end(): void {
    this.#ended = true;
    this.#letGo();
  }

  /** Ends the reading with an error, at once: rows that wait are not worth having without those that do not come. */
  fail(cause: Error): void {
    if (this.#ended) return;
    this.#failure ??= cause;
    this.#letGo();
  }

  /** Resolves when as many rows wait as may, or all that there are. @throws what the rows failed with */
  async filled(): Promise<void> {
    while (!this.#ended && !this.#heldBack && this.#failure === undefined) await this.#changed();
    this.#throwFailure();
  }

  /** For one reader. @throws what the rows failed with */
  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for (;;) {
      // Rows that come meanwhile are read in the same turn.
      for (const row of this.#rows) {
        this.#throwFailure();
        yield row;
      }
      this.#goOn();
      this.#throwFailure();
      if (this.#rows.length > 0) continue;
      if (this.#ended) return;
      await this.#changed();
    }
  }

  /** Reads what is left, for nobody. @throws what the rows failed with */
  async skip(): Promise<void> {
    const rows = this[Symbol.asyncIterator]();
    while ((await rows.next()).done !== true);
  }

  readonly #lost = () => this.fail(new Error('the session ended'));

  readonly #count = (chunk: Buffer) => {
    this.#bytes += chunk.length;
    this.#holdBack();
    if (this.#rows.length > 0 || this.#bytes <= mostRowBytes) return;
    this.fail(
      new Refusal('request_invalid', {
        what: `A row of the answer has more than ${mostRowMiB} MiB, which is the most over HTTP. Ask for less of it, or use a client of the database.`,
      }),
    );
    this.#stream.destroy();
  };

  #holdBack(): void {
    if (this.#heldBack || this.#rows.length === 0 || this.#bytes <= mostWaitingBytes) return;
    this.#heldBack = true;
    this.#source.pause();
    this.#tell();
  }

  #goOn(): void {
    this.#rows = [];
    this.#bytes = 0;
    if (!this.#heldBack) return;
    this.#heldBack = false;
    this.#source.resume();
  }

  #letGo(): void {
    this.#stream.off('close', this.#lost);
    this.#stream.off('data', this.#count);
    this.#tell();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #changed(): Promise<void> {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #tell(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}
