import type { MessageScanner } from '../relaying/index.ts';
import { headerNumber } from './command.ts';
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
  /** It ended; `taken` is all of one that was taken. False stops before it, as far as it has not gone on already. */
  ends(taken: Buffer | undefined): boolean;
}

const nothing = Buffer.alloc(0);
/** Servers send lines only for what is short. */
const mostLineBytes = 65_536;
/** Bulk strings of up to this length are shown to who looks at elements. */
const mostShownBytes = 32;
/** What is taken are answers to our own commands. */
const mostTakenBytes = 65_536;
/** Aggregates within aggregates. */
const mostDepth = 1_024;

/** Walks over what a server says, RESP2 and RESP3, by its headers: big strings stream. */
export class ReplyScanner implements MessageScanner {
  readonly #handler: ReplyHandler;
  #held: Buffer = nothing;
  #stopped = false;
  /** Of the bytes that are looked at now: where to go on, and up to where they were given out or taken. */
  #at = 0;
  #from = 0;
  #out: Buffer[] = [];
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
    return this.#held.length;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  push(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#at = 0;
    this.#from = 0;
    this.#begin = -1;
    while (this.#at < bytes.length && !this.#stopped && this.#step(bytes));
    this.#settle(bytes);
    this.#held = this.#at === bytes.length ? nothing : bytes.subarray(this.#at);
    const [first = nothing] = this.#out;
    const out = this.#out.length > 1 ? Buffer.concat(this.#out) : first;
    this.#out = [];
    return out;
  }

  again(): Buffer {
    this.#stopped = false;
    return this.push(nothing);
  }

  skip(): Buffer {
    throw new TypeError('nothing of a server is skipped');
  }

  /** Everything up to here goes on, or is taken, or is dropped. */
  #settle(bytes: Buffer): void {
    if (this.#at === this.#from) return;
    const whole = this.#from === 0 && this.#at === bytes.length;
    const part = whole ? bytes : bytes.subarray(this.#from, this.#at);
    this.#from = this.#at;
    if (this.#treatment === 'pass' || this.#treatment === 'look') this.#out.push(part);
    else if (this.#treatment === 'take') {
      this.#taken.push(part);
      this.#takenBytes += part.length;
      if (this.#takenBytes > mostTakenBytes) this.#stopped = true;
    }
  }

  /** One line, or what is left of a bulk string. False when it needs more bytes, or stopped. */
  #step(bytes: Buffer): boolean {
    if (this.#left > 0) {
      const size = Math.min(this.#left, bytes.length - this.#at);
      this.#left -= size;
      this.#at += size;
      return this.#left > 0 || this.#completed(bytes);
    }
    const lineEnd = this.#lineEnd(bytes);
    if (lineEnd === -1) return false;
    const type = bytes[this.#at] ?? 0;
    const shape = replyShape(type);
    const length = shape === 'line' ? -1 : headerNumber(bytes, this.#at + 1, lineEnd);
    if (shape === 'unknown' || length === 'malformed' || length < -1 || this.#open.length > mostDepth) {
      this.#stopped = true;
      return false;
    }
    // An attribute belongs to the reply behind it, and counts for nothing.
    const counts = type !== respType.attribute;
    if (this.#open.length <= 1 && counts && !this.#begins(bytes, type, length, lineEnd)) return false;
    const bodyBytes = shape === 'bulk' && length >= 0 ? length + 2 : 0;
    if (this.#treatment === 'look' && this.#open.length === 2 && counts) {
      const shown = bodyBytes > 0 && length <= mostShownBytes;
      if (shown && bytes.length - lineEnd - 1 < bodyBytes) return false;
      const [start, end] = shown
        ? [lineEnd + 1, lineEnd + 1 + length]
        : [this.#at + 1, bodyBytes > 0 ? this.#at + 1 : lineEnd - 1];
      this.#handler.element(this.#index, type, bytes, start, end);
      this.#index += 1;
    }
    if (this.#open.length === 0) this.#open.push(1);
    if (!counts) this.#count(1);
    this.#at = lineEnd + 1;
    this.#left = bodyBytes;
    if (bodyBytes > 0) return true;
    if (length <= 0) return this.#completed(bytes);
    this.#open.push(shape === 'pairs' ? length * 2 : length);
    return true;
  }

  #begins(bytes: Buffer, type: number, length: number, lineEnd: number): boolean {
    const treatment = this.#handler.begins(type, length, bytes, this.#at, lineEnd - 1);
    if (treatment === 'stop') {
      this.#stopped = true;
      return false;
    }
    if (treatment !== 'pass' && treatment !== 'look') this.#settle(bytes);
    this.#treatment = treatment;
    this.#begin = this.#at;
    this.#index = 0;
    return true;
  }

  /** An element has ended, and with it maybe the aggregates that it is the last of. */
  #completed(bytes: Buffer): boolean {
    while (this.#count(-1) === 0) {
      this.#open.pop();
      if (this.#open.length === 0) return this.#ended(bytes);
    }
    return true;
  }

  #ended(bytes: Buffer): boolean {
    const treatment = this.#treatment;
    const goesOn = treatment === 'pass' || treatment === 'look';
    if (!goesOn) this.#settle(bytes);
    this.#treatment = 'pass';
    const taken = treatment === 'take' ? Buffer.concat(this.#taken) : undefined;
    this.#taken = [];
    this.#takenBytes = 0;
    if (this.#handler.ends(taken)) {
      if (Buffer.isBuffer(treatment)) this.#out.push(treatment);
      return true;
    }
    this.#stopped = true;
    if (goesOn && this.#begin >= 0) this.#at = this.#begin;
    return false;
  }

  /** Changes how many elements the innermost aggregate misses, and says how many those are. */
  #count(change: number): number {
    const innermost = this.#open.length - 1;
    const missing = (this.#open[innermost] ?? 0) + change;
    this.#open[innermost] = missing;
    return missing;
  }

  /** Where the line that begins at `#at` ends; -1 while its end has not come. */
  #lineEnd(bytes: Buffer): number {
    const near = Math.min(bytes.length, this.#at + 32);
    for (let at = this.#at + 1; at < near; at += 1) if (bytes[at] === lineFeed) return at;
    const lineEnd = bytes.indexOf(lineFeed, near);
    if (lineEnd === -1 && bytes.length - this.#at > mostLineBytes) this.#stopped = true;
    return lineEnd;
  }
}
