import type { MessageScanner } from '../relaying/index.ts';
import { headerNumber } from './command.ts';
import { PassingBytes } from './passing-bytes.ts';
import { lineFeed, respType } from './protocol.ts';
import { replyShape } from './reply-shape.ts';

/**
 * What happens to a reply: it goes on unseen, or with a look at its elements; it is taken, and nothing of it goes on;
 * these bytes go on in its place; or the scan stops before it.
 */
export type Treatment = 'pass' | 'look' | 'take' | 'stop' | Buffer;

/** Who decides about replies and pushes. */
export interface ReplyHandler {
  /** One begins. `length` is of a bulk (bytes) or an aggregate (elements, pairs); -1 for null and for what has none. */
  begins(type: number, length: number, bytes: Buffer, lineStart: number, lineEnd: number): Treatment;
  /** An element of an aggregate that is looked at, with its line, or all of it when it is a short bulk string. */
  element(index: number, type: number, bytes: Buffer, start: number, end: number): void;
  /**
   * It ended; `taken` is all of one that was taken, `arrivedAt` the `performance.now()` when the last of it came. False
   * stops before it, as far as it has not gone on already.
   */
  ends(taken: Buffer | undefined, arrivedAt: number): boolean;
}

/** Servers send lines only for what is short. */
const mostLineBytes = 65_536;
/** Bulk strings of up to this length are shown to who looks at elements. */
const mostShownBytes = 32;
/**
 * What is taken are answers to our own commands. The longest is the list of a cluster's nodes: a thousand of them, which
 * is the most that Redis recommends, with slots that lie apart, take some 300 KiB.
 */
const mostTakenBytes = 1_048_576;
/** Aggregates within aggregates. */
const mostDepth = 1_024;

/** Walks over what a server says, RESP2 and RESP3, by its headers: big strings stream. */
export class ReplyScanner implements MessageScanner {
  readonly #handler: ReplyHandler;
  readonly #passing = new PassingBytes();
  #stopped = false;
  #arrivedAt = 0;
  /** Where the reply begins in these bytes; -1 when it began in earlier ones. */
  #begin = -1;

  /** Elements that are missing at each level, outermost first; empty between replies. */
  readonly #open: number[] = [];
  /** Bytes of a bulk string that are missing, with the end of its line. */
  #left = 0;
  #treatment: Exclude<Treatment, 'stop'> = 'pass';
  #index = 0;
  #taken: Buffer[] = [];
  #takenBytes = 0;

  constructor(handler: ReplyHandler) {
    this.#handler = handler;
  }

  /** True when the client has only whole replies. */
  get atBorder(): boolean {
    return this.#open.length === 0 || (this.#treatment !== 'pass' && this.#treatment !== 'look');
  }

  get heldBytes(): number {
    return this.#passing.heldBytes;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  push(chunk: Buffer): Buffer {
    const passing = this.#passing;
    passing.take(chunk);
    this.#arrivedAt = performance.now();
    this.#begin = -1;
    const { bytes } = passing;
    while (passing.at < bytes.length && !this.#stopped && this.#step(bytes));
    this.#settle();
    return passing.settle();
  }

  again(): Buffer {
    this.#stopped = false;
    return this.push(Buffer.alloc(0));
  }

  skip(): Buffer {
    throw new TypeError('nothing of a server is skipped');
  }

  /** Everything up to here goes on, or is taken, or is dropped. */
  #settle(): void {
    if (this.#goesOn) {
      this.#passing.pass();
      return;
    }
    const part = this.#passing.drop();
    if (this.#treatment !== 'take') return;
    this.#taken.push(part);
    this.#takenBytes += part.length;
    if (this.#takenBytes > mostTakenBytes) this.#stopped = true;
  }

  get #goesOn(): boolean {
    return this.#treatment === 'pass' || this.#treatment === 'look';
  }

  /** One line, or what is left of a bulk string. False when it needs more bytes, or stopped. */
  #step(bytes: Buffer): boolean {
    const passing = this.#passing;
    const { at } = passing;
    if (this.#left > 0) {
      const size = Math.min(this.#left, bytes.length - at);
      this.#left -= size;
      passing.at = at + size;
      return this.#left > 0 || this.#completed();
    }
    const lineEnd = this.#lineEnd(bytes, at);
    if (lineEnd === -1) return false;
    const type = bytes[at] ?? 0;
    const shape = replyShape(type);
    const length = shape === 'line' ? -1 : headerNumber(bytes, at + 1, lineEnd);
    const depth = this.#open.length;
    if (shape === 'unknown' || length === 'malformed' || length < -1 || depth > mostDepth) {
      this.#stopped = true;
      return false;
    }
    // An attribute belongs to the reply behind it, and counts for nothing.
    const counts = type !== respType.attribute;
    if (depth <= 1 && counts && !this.#begins(bytes, type, length, lineEnd)) return false;
    const bodyBytes = shape === 'bulk' && length >= 0 ? length + 2 : 0;
    const next = lineEnd + 1 + bodyBytes;
    // Most replies are one line or one short string, and are over here.
    if (depth === 0 && counts && next <= bytes.length && (bodyBytes > 0 || length <= 0)) {
      passing.at = next;
      return this.#ended();
    }
    if (this.#treatment === 'look' && depth === 2 && counts) {
      const shown = bodyBytes > 0 && length <= mostShownBytes;
      if (shown && bytes.length < next) return false;
      const [start, end] = shown
        ? [lineEnd + 1, lineEnd + 1 + length]
        : [at + 1, bodyBytes > 0 ? at + 1 : lineEnd - 1];
      this.#handler.element(this.#index, type, bytes, start, end);
      this.#index += 1;
    }
    if (depth === 0) this.#open.push(1);
    if (!counts) this.#count(1);
    passing.at = lineEnd + 1;
    this.#left = bodyBytes;
    if (bodyBytes > 0) return true;
    if (length <= 0) return this.#completed();
    this.#open.push(shape === 'pairs' ? length * 2 : length);
    return true;
  }

  #begins(bytes: Buffer, type: number, length: number, lineEnd: number): boolean {
    const { at } = this.#passing;
    const treatment = this.#handler.begins(type, length, bytes, at, lineEnd - 1);
    if (treatment === 'stop') {
      this.#stopped = true;
      return false;
    }
    if (treatment !== 'pass' && treatment !== 'look') this.#settle();
    this.#treatment = treatment;
    this.#begin = at;
    this.#index = 0;
    return true;
  }

  /** An element has ended, and with it maybe the aggregates that it is the last of. */
  #completed(): boolean {
    while (this.#count(-1) === 0) {
      this.#open.pop();
      if (this.#open.length === 0) return this.#ended();
    }
    return true;
  }

  #ended(): boolean {
    const goesOn = this.#goesOn;
    const inPlace = Buffer.isBuffer(this.#treatment) ? this.#treatment : undefined;
    let taken: Buffer | undefined;
    if (!goesOn) {
      this.#settle();
      if (inPlace === undefined) taken = Buffer.concat(this.#taken);
      this.#taken = [];
      this.#takenBytes = 0;
    }
    this.#treatment = 'pass';
    if (this.#handler.ends(taken, this.#arrivedAt)) {
      if (inPlace !== undefined) this.#passing.insert(inPlace);
      return true;
    }
    this.#stopped = true;
    if (goesOn && this.#begin >= 0) this.#passing.at = this.#begin;
    return false;
  }

  /** Changes how many elements the innermost aggregate misses, and says how many those are. */
  #count(change: number): number {
    const innermost = this.#open.length - 1;
    const missing = (this.#open[innermost] ?? 0) + change;
    this.#open[innermost] = missing;
    return missing;
  }

  /** Where the line that begins at `from` ends; -1 while its end has not come. */
  #lineEnd(bytes: Buffer, from: number): number {
    const near = Math.min(bytes.length, from + 32);
    for (let at = from + 1; at < near; at += 1) if (bytes[at] === lineFeed) return at;
    const lineEnd = bytes.indexOf(lineFeed, near);
    if (lineEnd === -1 && bytes.length - from > mostLineBytes) this.#stopped = true;
    return lineEnd;
  }
}
