/** How one direction of a protocol begins each message. */
export interface FrameLayout {
  readonly headerBytes: number;
  /** What {@link FrameHandler.header} gets: the byte that tells messages apart. `at` is where the header begins. */
  mark(bytes: Buffer, at: number): number;
  /** Length of the body behind the header; negative for one that no message can have. */
  bodyBytes(bytes: Buffer, at: number): number;
}

/** What the scanner asks and tells while it walks over messages. Runs for every message: keep it cheap. */
export interface FrameHandler {
  /**
   * Goes over messages that stand whole in `bytes` from `at` on and need nothing of the below; gives the index of the
   * first that does, or `at`. For the many rows of one result, of which each is not worth three calls.
   */
  passOver?(bytes: Buffer, at: number, end: number): number;
  /**
   * A message begins. Answers how many leading bytes of its body {@link FrameHandler.kept} should see at once, at most
   * `bodyBytes`; or -1 to stop before this message. May be asked again for the same message while those bytes are
   * awaited, so an answer above 0 must have no effect of its own.
   */
  header(mark: number, bodyBytes: number): number;
  /** The leading bytes, `start` to `end` in `bytes`. False stops before this message; it then comes again. */
  kept(mark: number, bytes: Buffer, start: number, end: number, bodyBytes: number): boolean;
  /**
   * The bytes of the body behind those that {@link FrameHandler.kept} saw, in pieces. Of a message of which it was to see
   * none, those behind the chunk in which it began.
   */
  rest(bytes: Buffer, start: number, end: number): void;
  /** True after a {@link FrameHandler.rest} that found what must not go on: stops within the message, for good. */
  readonly broken?: boolean;
}

/** Walks over one direction of a conversation. {@link FrameScanner} does for protocols whose messages have a length. */
export interface MessageScanner {
  /** True when what went through ends with a whole message. */
  readonly atBorder: boolean;
  /** Bytes that came in and have not gone through. */
  readonly heldBytes: number;
  /** True after the handler stopped, or after bytes that no message can have. */
  readonly stopped: boolean;
  /** Takes the next bytes, and gives those that may go on. */
  push(chunk: Buffer): Buffer;
  /** Looks again at what is held, after a handler that had stopped can go on. */
  again(): Buffer;
  /** Drops the message before which the handler stopped, then looks again at what follows it. */
  skip(): Buffer;
}

const nothing = Buffer.alloc(0);

/**
 * Walks over one direction of a conversation by message headers alone. Bytes go through as they are, as parts of the
 * chunks that came in: big bodies stream. Only a header that is not complete, or leading bytes that the handler wants
 * to see, are held back until the rest of them arrives.
 */
export class FrameScanner implements MessageScanner {
  readonly #layout: FrameLayout;
  readonly #handler: FrameHandler;
  /** Bytes of the message that went through in part. */
  #left = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes the held ones must become before it is worth to look at them again. */
  #wanted = 0;
  #stopped = false;
  /** What is being taken does not go through. */
  #skipping = false;

  constructor(layout: FrameLayout, handler: FrameHandler) {
    this.#layout = layout;
    this.#handler = handler;
  }

  get atBorder(): boolean {
    return this.#left === 0;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** True after the handler stopped, or after a length that no message can have. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Takes the next bytes, and gives those that may go on: the chunk itself whenever all of it may. */
  push(chunk: Buffer): Buffer {
    let bytes = chunk;
    if (this.#heldBytes > 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes < this.#wanted) return nothing;
      bytes = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [];
      this.#heldBytes = 0;
    }
    const from = this.#skipping ? this.#skip(bytes) : 0;
    const through = this.#scan(bytes, from);
    if (through < bytes.length) {
      this.#held.push(bytes.subarray(through));
      this.#heldBytes = bytes.length - through;
    }
    return from === 0 && through === bytes.length ? bytes : bytes.subarray(from, through);
  }

  again(): Buffer {
    this.#stopped = false;
    this.#wanted = 0;
    return this.#heldBytes === 0 ? nothing : this.push(nothing);
  }

  skip(): Buffer {
    const header = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [header];
    this.#left = this.#layout.headerBytes + this.#layout.bodyBytes(header, 0);
    this.#skipping = true;
    return this.again();
  }

  /** Takes the skipped bytes off the front; the index behind them. */
  #skip(bytes: Buffer): number {
    const skipped = Math.min(this.#left, bytes.length);
    this.#left -= skipped;
    this.#skipping = this.#left > 0;
    return skipped;
  }

  /** The index in `bytes` up to which everything from `from` on may go on. */
  #scan(bytes: Buffer, from: number): number {
    const layout = this.#layout;
    const { headerBytes } = layout;
    const handler = this.#handler;
    const end = bytes.length;
    let at = from;
    if (this.#left > 0 && at < end) {
      at = Math.min(at + this.#left, end);
      handler.rest(bytes, from, at);
      if (handler.broken === true) return this.#stop(from);
      this.#left -= at - from;
    }
    while (end - at >= headerBytes) {
      if (handler.passOver !== undefined) {
        at = handler.passOver(bytes, at, end);
        if (end - at < headerBytes) break;
      }
      const bodyBytes = layout.bodyBytes(bytes, at);
      if (bodyBytes < 0) return this.#stop(at);
      const mark = layout.mark(bytes, at);
      const keep = handler.header(mark, bodyBytes);
      if (keep < 0) return this.#stop(at);
      let body = at + headerBytes;
      if (keep > 0) {
        if (end - body < keep) {
          this.#wanted = headerBytes + keep;
          return at;
        }
        if (!handler.kept(mark, bytes, body, body + keep, bodyBytes)) return this.#stop(at);
        body += keep;
      }
      const next = at + headerBytes + bodyBytes;
      if (next > end) {
        if (keep > 0) {
          handler.rest(bytes, body, end);
          if (handler.broken === true) return this.#stop(at);
        }
        this.#left = next - end;
        return end;
      }
      if (keep > 0 && next > body) {
        handler.rest(bytes, body, next);
        if (handler.broken === true) return this.#stop(at);
      }
      at = next;
    }
    this.#wanted = headerBytes;
    return at;
  }

  #stop(at: number): number {
    this.#stopped = true;
    return at;
  }
}
