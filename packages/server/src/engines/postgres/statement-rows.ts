import type { Duplex } from 'node:stream';
import { ArrivingRows } from '../arriving-rows.ts';
import type { StatementCursor, TextRow } from './statement-cursor.ts';

/** The first portion of rows, and how many bytes of text a later one aims at. */
const firstPortion = 32;
const portionBytes = 256 * 1024;
const mostRowsInPortion = 1000;

/**
 * The rows of a statement, asked for in portions: between two of them it can be ended in the protocol, which commits what
 * it did. Within a portion the database is held back by {@link ArrivingRows}, however large its rows turn out.
 */
export class StatementRows implements AsyncIterable<TextRow> {
  readonly #stream: Duplex;
  readonly #cursor: StatementCursor;
  #asked = 0;
  #portion: ArrivingRows<TextRow>;
  /** What has come of the portion. */
  #arrivedRows = 0;
  #arrivedBytes = 0;

  /** Asks for the first portion; `cursor` was given to the client that reads from `stream`. */
  constructor(stream: Duplex, cursor: StatementCursor) {
    this.#stream = stream;
    this.#cursor = cursor;
    cursor.onRow = (row, bytes) => {
      this.#arrivedRows += 1;
      this.#arrivedBytes += bytes;
      this.#portion.push(row);
    };
    this.#portion = this.#ask(firstPortion);
  }

  /**
   * Resolves when the first portion is there, or as much of it as may wait; the columns are known then.
   * @throws the driver's error
   */
  async begun(): Promise<void> {
    await this.#portion.filled();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TextRow> {
    for (;;) {
      yield* this.#portion;
      if (this.#arrivedRows < this.#asked) return;
      this.#portion = this.#ask(this.#nextPortion());
    }
  }

  /** Ends the statement in the protocol, after what is on its way of a portion. @throws the driver's error */
  async close(): Promise<void> {
    await this.#portion.skip();
    await this.#cursor.close();
  }

  #ask(rows: number): ArrivingRows<TextRow> {
    const portion = new ArrivingRows<TextRow>(this.#stream, this.#stream);
    this.#asked = rows;
    this.#arrivedRows = 0;
    this.#arrivedBytes = 0;
    this.#cursor.read(rows, (error) => {
      if (error) portion.fail(error);
      else portion.end();
    });
    return portion;
  }

  #nextPortion(): number {
    const fitting = Math.floor((this.#arrivedRows * portionBytes) / this.#arrivedBytes);
    // Twice as many at most: what comes next may be larger than what came.
    return Math.max(1, Math.min(mostRowsInPortion, 2 * this.#arrivedRows, fitting));
  }
}
