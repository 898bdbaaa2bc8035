import type { MessageScanner } from '../relaying/index.ts';
import { type Command, headerNumber } from './command.ts';
import { inlineCommand } from './inline-command.ts';
import { type CommandLimits, carriageReturn, lineFeed, respType } from './protocol.ts';

/** What happens to a command: it goes on, the scan stops before it, or these bytes go on in its place. */
export type Decision = 'pass' | 'stop' | Buffer;

/** Who decides about commands, and hears of what streams behind a decision. */
export interface CommandHandler {
  /**
   * A command has arrived: all of it, or as much as is held back; valid during the call. Asked again about a command
   * before which it stopped.
   */
  command(command: Command): Decision;
  /**
   * An argument behind those that `command` saw. Answers how many leading bytes of it are wanted, at most 256; may be
   * asked again while they are awaited, so it has no effect of its own.
   */
  argument(index: number, length: number): number;
  /** Those bytes; none when none were wanted. */
  leading(index: number, length: number, bytes: Buffer, start: number, end: number): void;
  /** The command before which it stopped was answered without the server. `stop` ends the scan for good. */
  answered(): 'on' | 'stop';
  /** The bytes are no commands. The scan has stopped. */
  malformed(what: string): void;
}

const nothing = Buffer.alloc(0);
/** A type byte, a minus, 15 digits, and the end of the line. */
const mostHeaderBytes = 19;

/**
 * Walks over a client's commands. A command is held back until it is complete, or for as long as it may be held, and
 * then decided about; what comes behind streams. Lines of words ("inline") go on as arrays, so that the server cannot
 * read them otherwise than we did; empty ones, which get no answer, are dropped.
 */
export class CommandScanner implements MessageScanner {
  readonly #handler: CommandHandler;
  readonly #limits: CommandLimits;
  #held: Buffer = nothing;
  #stopped = false;
  /** Of the bytes that are looked at now: where to go on, and up to where they were given out or dropped. */
  #at = 0;
  #from = 0;
  #out: Buffer[] = [];

  /** The command that begins at `#at`: offsets from there. A count of 0 is not known yet. */
  #count = 0;
  #starts: number[] = [];
  #ends: number[] = [];
  #walked = 0;

  /** A command that was decided about while it arrives: which argument is next, and what is left of the one before. */
  #streaming = false;
  #dropping = false;
  #index = 0;
  #left = 0;

  constructor(handler: CommandHandler, limits: CommandLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  get atBorder(): boolean {
    return !this.#streaming;
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
    while (this.#at < bytes.length && (this.#streaming ? this.#stream(bytes) : this.#collect(bytes)));
    this.#giveOut(bytes);
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
    this.#held = this.takeRest();
    this.#forget();
    return this.#handler.answered() === 'stop' ? nothing : this.again();
  }

  /** What has come behind the command before which the scan stopped. The scan is over then. */
  takeRest(): Buffer {
    const rest = this.#held.subarray(this.#walked);
    this.#held = nothing;
    return rest;
  }

  /** Everything up to here goes on, unless it belongs to a command that does not. */
  #giveOut(bytes: Buffer): void {
    const { length } = bytes;
    const whole = this.#from === 0 && this.#at === length;
    if (!this.#dropping && this.#at > this.#from) {
      this.#out.push(whole ? bytes : bytes.subarray(this.#from, this.#at));
    }
    this.#from = this.#at;
  }

  /** Looks at the command at `#at`. False when it needs more bytes, or stopped. */
  #collect(bytes: Buffer): boolean {
    if (bytes[this.#at] !== respType.array) return this.#inline(bytes);
    const outcome = this.#walk(bytes);
    if (outcome === 'malformed') return false;
    if (outcome === 'empty') {
      this.#giveOut(bytes);
      this.#at += this.#walked;
      this.#from = this.#at;
      this.#forget();
      return true;
    }
    const complete = outcome === 'whole';
    if (!complete && bytes.length - this.#at < this.#limits.heldBytes) return false;
    return this.#decide(bytes, complete);
  }

  /** Goes over the arguments that have arrived. */
  #walk(bytes: Buffer): 'whole' | 'part' | 'empty' | 'malformed' {
    const begin = this.#at;
    if (this.#count === 0) {
      const count = this.#header(bytes, begin);
      if (count === 'more') return 'part';
      if (count === 'malformed' || count > this.#limits.arguments) {
        return this.#malformed('invalid multibulk length');
      }
      if (count <= 0) return 'empty';
      this.#count = count;
    }
    while (this.#starts.length < this.#count) {
      const walked = this.#walked;
      const length = this.#argumentLength(bytes, begin + walked);
      if (typeof length === 'string') return length === 'more' ? 'part' : length;
      const start = begin + this.#walked;
      const end = start + length;
      if (bytes.length < end + 2) {
        this.#walked = walked;
        return 'part';
      }
      if (bytes[end] !== carriageReturn || bytes[end + 1] !== lineFeed) {
        return this.#malformed('an argument has no end');
      }
      this.#starts.push(start - begin);
      this.#ends.push(end - begin);
      this.#walked = end + 2 - begin;
    }
    return 'whole';
  }

  #decide(bytes: Buffer, complete: boolean): boolean {
    const decision = this.#handler.command({
      bytes: this.#at === 0 ? bytes : bytes.subarray(this.#at),
      count: this.#count,
      starts: this.#starts,
      ends: this.#ends,
      complete,
    });
    if (decision === 'stop') {
      this.#stopped = true;
      return false;
    }
    const inPlace = decision === 'pass' ? undefined : decision;
    if (inPlace !== undefined) {
      this.#giveOut(bytes);
      this.#out.push(inPlace);
    }
    this.#at += this.#walked;
    if (inPlace !== undefined) this.#from = this.#at;
    if (complete) this.#forget();
    else {
      this.#streaming = true;
      this.#dropping = inPlace !== undefined;
      this.#index = this.#starts.length;
    }
    return true;
  }

  /** A line of words. */
  #inline(bytes: Buffer): boolean {
    const lineEnd = bytes.indexOf(lineFeed, this.#at);
    const tooLong = (lineEnd === -1 ? bytes.length : lineEnd) - this.#at > this.#limits.inlineBytes;
    if (tooLong) return this.#refuse('too big inline request');
    if (lineEnd === -1) return false;
    const command = inlineCommand(bytes.subarray(this.#at, lineEnd));
    if (command === 'unbalanced') return this.#refuse('unbalanced quotes in request');
    this.#walked = lineEnd + 1 - this.#at;
    const decision = command === 'empty' ? nothing : this.#handler.command(command);
    if (decision === 'stop') {
      this.#stopped = true;
      return false;
    }
    this.#giveOut(bytes);
    if (command !== 'empty') this.#out.push(decision === 'pass' ? command.bytes : decision);
    this.#at += this.#walked;
    this.#from = this.#at;
    this.#forget();
    return true;
  }

  /** Goes on within a command that was decided about. */
  #stream(bytes: Buffer): boolean {
    if (this.#left > 0) return this.#argumentRest(bytes);
    if (this.#index === this.#count) {
      this.#giveOut(bytes);
      this.#streaming = false;
      this.#dropping = false;
      this.#forget();
      return true;
    }
    this.#walked = 0;
    const length = this.#argumentLength(bytes, this.#at);
    if (typeof length === 'string') return false;
    const start = this.#at + this.#walked;
    const wanted = Math.min(this.#handler.argument(this.#index, length), length);
    if (bytes.length - start < wanted) return false;
    this.#handler.leading(this.#index, length, bytes, start, start + wanted);
    this.#index += 1;
    this.#at = start;
    this.#left = length + 2;
    return true;
  }

  /** What is left of an argument, and the end of its line. */
  #argumentRest(bytes: Buffer): boolean {
    const content = Math.min(Math.max(this.#left - 2, 0), bytes.length - this.#at);
    this.#at += content;
    this.#left -= content;
    for (; this.#left <= 2 && this.#left > 0 && this.#at < bytes.length; this.#left -= 1) {
      if (bytes[this.#at] !== (this.#left === 2 ? carriageReturn : lineFeed)) {
        return this.#refuse('an argument has no end');
      }
      this.#at += 1;
    }
    // The end of a command is noticed at once, not with the first byte of the next one.
    if (this.#left === 0 && this.#index === this.#count) return this.#stream(bytes);
    return true;
  }

  /** The length of the argument whose header begins at `at`; `#walked` is then behind the header. */
  #argumentLength(bytes: Buffer, at: number): number | 'more' | 'malformed' {
    const walked = this.#walked;
    const length = this.#header(bytes, at, walked);
    // As a server does, which looks at nothing of a line before its end.
    if (length === 'more') return 'more';
    const type = bytes[at] ?? 0;
    if (type !== respType.bulk) {
      // The server's text ends at a NUL.
      return this.#malformed(`expected '$', got '${type === 0 ? '' : `${String.fromCharCode(type)}'`}`);
    }
    if (length === 'malformed' || length < 0 || length > this.#limits.argumentBytes) {
      return this.#malformed('invalid bulk length');
    }
    return length;
  }

  /** The number of a header line that begins at `at`; `#walked` moves behind it. */
  #header(bytes: Buffer, at: number, walked = 0): number | 'more' | 'malformed' {
    const most = Math.min(bytes.length, at + mostHeaderBytes);
    let lineEnd = at + 1;
    while (lineEnd < most && bytes[lineEnd] !== lineFeed) lineEnd += 1;
    if (lineEnd >= most) return most === bytes.length && most < at + mostHeaderBytes ? 'more' : 'malformed';
    this.#walked = walked + lineEnd + 1 - at;
    return headerNumber(bytes, at + 1, lineEnd);
  }

  #malformed(what: string): 'malformed' {
    this.#refuse(what);
    return 'malformed';
  }

  #refuse(what: string): false {
    this.#stopped = true;
    this.#handler.malformed(what);
    return false;
  }

  #forget(): void {
    this.#count = 0;
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#walked = 0;
  }
}
