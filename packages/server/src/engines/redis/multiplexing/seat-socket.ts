import { Duplex } from 'node:stream';

/** Whoever plays the server for one client. */
export interface SeatEnd {
  /** Bytes from the relay; `taken` when more may come. */
  received(bytes: Buffer, taken: () => void): void;
  /** Nothing may be told now, and again. */
  paused(): void;
  resumed(): void;
  /** The relay, or we, closed it. */
  closed(): void;
}

/** The socket that a relay believes to be the server's. What the server says does not pass through it as a stream. */
export class SeatSocket extends Duplex {
  readonly #end: SeatEnd;

  constructor(end: SeatEnd) {
    super({ highWaterMark: 65_536 });
    this.#end = end;
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    this.#end.received(bytes, taken);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#end.closed();
    done(error);
  }

  override pause(): this {
    this.#end.paused();
    return this;
  }

  override resume(): this {
    this.#end.resumed();
    return this;
  }

  destroySoon(): void {
    this.destroy();
  }
}
