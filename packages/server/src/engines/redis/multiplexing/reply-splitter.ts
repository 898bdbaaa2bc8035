import { lineFeed, respType } from '../protocol.ts';
import { replyShape } from '../reply-shape.ts';

/** Aggregates within aggregates. */
const mostDepth = 1_024;
const minus = 0x2d;
const carriageReturn = 0x0d;

/**
 * Finds where replies end, and keeps nothing of them: bytes can go on as they come. Fails on a push, which belongs to
 * no command, and on what is no reply.
 */
export class ReplySplitter {
  /** Elements that are missing at each level, outermost first; empty between replies. */
  readonly #open: number[] = [];
  /** Bytes of a bulk string that are missing, with the end of its line. */
  #left = 0;
  /** Of the line that is being read; 0 between lines. */
  #type = 0;
  #number = 0;
  #negative = false;
  /** Of the reply that is being read. */
  #outermost = 0;

  /** Calls `ended` with the offset behind each reply that ends in `bytes`, and the type byte of that reply. */
  push(bytes: Buffer, ended: (at: number, type: number) => void): 'fine' | 'broken' {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const size = Math.min(this.#left, bytes.length - at);
        this.#left -= size;
        at += size;
        if (this.#left === 0) this.#completed(at, ended);
      } else if (this.#type === 0) {
        const type = bytes[at] ?? 0;
        // A push is nobody's answer, and on a connection of many nobody's at all.
        const unfit = type === respType.push || replyShape(type) === 'unknown';
        if (unfit || this.#open.length > mostDepth) return 'broken';
        this.#begin(type);
        at += 1;
      } else if (replyShape(this.#type) === 'line') {
        const lineEnd = bytes.indexOf(lineFeed, at);
        at = lineEnd === -1 ? bytes.length : lineEnd + 1;
        if (lineEnd !== -1) this.#completed(at, ended);
      } else {
        const byte = bytes[at] ?? 0;
        at += 1;
        if (byte === lineFeed) this.#header(at, ended);
        else if (!this.#digit(byte)) return 'broken';
      }
    }
    return 'fine';
  }

  #begin(type: number): void {
    if (this.#open.length === 0) {
      this.#open.push(1);
      this.#outermost = 0;
    }
    // An attribute belongs to the reply behind it, and counts for nothing.
    if (type === respType.attribute) this.#count(1);
    else if (this.#open.length === 1) this.#outermost = type;
    this.#type = type;
    this.#number = 0;
    this.#negative = false;
  }

  #digit(byte: number): boolean {
    if (byte === carriageReturn) return true;
    if (byte === minus && this.#number === 0) {
      this.#negative = true;
      return true;
    }
    this.#number = this.#number * 10 + (byte - 0x30);
    return byte >= 0x30 && byte <= 0x39 && this.#number <= 0xffff_ffff;
  }

  #header(at: number, ended: (at: number, type: number) => void): void {
    const shape = replyShape(this.#type);
    this.#type = 0;
    if (this.#negative) this.#completed(at, ended);
    else if (shape === 'bulk') this.#left = this.#number + 2;
    else if (this.#number === 0) this.#completed(at, ended);
    else this.#open.push(shape === 'pairs' ? this.#number * 2 : this.#number);
  }

  #completed(at: number, ended: (at: number, type: number) => void): void {
    this.#type = 0;
    while (this.#count(-1) === 0) {
      this.#open.pop();
      if (this.#open.length > 0) continue;
      ended(at, this.#outermost);
      return;
    }
  }

  #count(change: number): number {
    const innermost = this.#open.length - 1;
    const missing = (this.#open[innermost] ?? 0) + change;
    this.#open[innermost] = missing;
    return missing;
  }
}
