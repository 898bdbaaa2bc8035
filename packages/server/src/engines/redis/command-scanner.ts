import type { MessageScanner } from '../relaying/index.ts';
import { ArrivingCommand } from './arriving-command.ts';
import { type Command, headerNumber } from './command.ts';
import { inlineCommand } from './inline-command.ts';
import { PassingBytes } from './passing-bytes.ts';
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
   * asked again while they are awaited, so it has no effect of its own. Absent: none are.
   */
  argument?(index: number, length: number): number;
  /** Those bytes; none when none were wanted. */
  leading?(index: number, length: number, bytes: Buffer, start: number, end: number): void;
  /** The command before which it stopped was answered without the server. `stop` ends the scan for good. Absent: on. */
  answered?(): 'on' | 'stop';
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
  readonly #passing = new PassingBytes();
  readonly #command = new ArrivingCommand(nothing);
  #stopped = false;
  #headerEnd = 0;

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
    return this.#passing.heldBytes;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  push(chunk: Buffer): Buffer {
    const passing = this.#passing;
    const command = this.#command;
    passing.take(chunk);
    const { bytes } = passing;
    command.bytes = bytes;
    command.arrivedAt = performance.now();
    while (passing.at < bytes.length && (this.#streaming ? this.#stream(bytes) : this.#collect(bytes)));
    this.#giveOut();
    command.moveToFront();
    command.bytes = nothing;
    return passing.settle();
  }

  again(): Buffer {
    this.#stopped = false;
    return this.push(nothing);
  }

  skip(): Buffer {
    this.#passing.hold(this.takeRest());
    return this.#handler.answered?.() === 'stop' ? nothing : this.again();
  }

  /** What has come behind the command before which the scan stopped. The scan is over then. */
  takeRest(): Buffer {
    const rest = this.#passing.takeHeld(this.#command.end);
    this.#command.startAt(0);
    return rest;
  }

  /** Everything up to here goes on, unless it belongs to a command that does not. */
  #giveOut(): void {
    if (this.#dropping) this.#passing.forget();
    else this.#passing.pass();
  }

  /** Looks at the command that begins here. False when it needs more bytes, or stopped. */
  #collect(bytes: Buffer): boolean {
    const passing = this.#passing;
    if (bytes[passing.at] !== respType.array) return this.#inline(bytes);
    const outcome = this.#walk(bytes);
    if (outcome === 'malformed') return false;
    if (outcome === 'empty') {
      passing.pass();
      passing.at = this.#command.end;
      passing.forget();
      this.#command.startAt(passing.at);
      return true;
    }
    const complete = outcome === 'whole';
    if (!complete && bytes.length - passing.at < this.#limits.heldBytes) return false;
    return this.#decide(complete);
  }

  /** Goes over the arguments that have arrived. */
  #walk(bytes: Buffer): 'whole' | 'part' | 'empty' | 'malformed' {
    const command = this.#command;
    if (command.count === 0) {
      command.startAt(this.#passing.at);
      const count = this.#header(bytes, command.begin);
      if (count === 'more') return 'part';
      if (count === 'malformed' || count > this.#limits.arguments) {
        return this.#malformed('invalid multibulk length');
      }
      command.end = this.#headerEnd;
      if (count <= 0) return 'empty';
      command.count = count;
    }
    while (command.arrived < command.count) {
      const length = this.#argumentLength(bytes, command.end);
      if (typeof length === 'string') return length === 'more' ? 'part' : length;
      const start = this.#headerEnd;
      const end = start + length;
      if (bytes.length < end + 2) return 'part';
      if (bytes[end] !== carriageReturn || bytes[end + 1] !== lineFeed) {
        return this.#malformed('an argument has no end');
      }
      command.add(start, end);
    }
    return 'whole';
  }

  #decide(complete: boolean): boolean {
    const command = this.#command;
    const passing = this.#passing;
    command.complete = complete;
    const decision = this.#handler.command(command);
    if (decision === 'stop') {
      this.#stopped = true;
      return false;
    }
    const inPlace = decision === 'pass' ? undefined : decision;
    if (inPlace !== undefined) {
      passing.pass();
      passing.insert(inPlace);
    }
    passing.at = command.end;
    if (inPlace !== undefined) passing.forget();
    if (complete) command.startAt(command.end);
    else {
      this.#streaming = true;
      this.#dropping = inPlace !== undefined;
      this.#index = command.arrived;
    }
    return true;
  }

  /** A line of words. */
  #inline(bytes: Buffer): boolean {
    const passing = this.#passing;
    const { at } = passing;
    const lineEnd = bytes.indexOf(lineFeed, at);
    const tooLong = (lineEnd === -1 ? bytes.length : lineEnd) - at > this.#limits.inlineBytes;
    if (tooLong) return this.#refuse('too big inline request');
    if (lineEnd === -1) return false;
    const command = inlineCommand(bytes.subarray(at, lineEnd), this.#command.arrivedAt);
    if (command === 'unbalanced') return this.#refuse('unbalanced quotes in request');
    const decision = command === 'empty' ? nothing : this.#handler.command(command);
    this.#command.startAt(at);
    this.#command.end = lineEnd + 1;
    if (decision === 'stop') {
      this.#stopped = true;
      return false;
    }
    passing.pass();
    if (command !== 'empty') passing.insert(decision === 'pass' ? command.bytes : decision);
    passing.at = lineEnd + 1;
    passing.forget();
    return true;
  }

  /** Goes on within a command that was decided about. */
  #stream(bytes: Buffer): boolean {
    const passing = this.#passing;
    if (this.#left > 0) return this.#argumentRest(bytes);
    if (this.#index === this.#command.count) {
      this.#giveOut();
      this.#streaming = false;
      this.#dropping = false;
      this.#command.startAt(passing.at);
      return true;
    }
    const length = this.#argumentLength(bytes, passing.at);
    if (typeof length === 'string') return false;
    const start = this.#headerEnd;
    const wanted = Math.min(this.#handler.argument?.(this.#index, length) ?? 0, length);
    if (bytes.length - start < wanted) return false;
    this.#handler.leading?.(this.#index, length, bytes, start, start + wanted);
    this.#index += 1;
    passing.at = start;
    this.#left = length + 2;
    return true;
  }

  /** What is left of an argument, and the end of its line. */
  #argumentRest(bytes: Buffer): boolean {
    const passing = this.#passing;
    const content = Math.min(Math.max(this.#left - 2, 0), bytes.length - passing.at);
    passing.at += content;
    this.#left -= content;
    for (; this.#left <= 2 && this.#left > 0 && passing.at < bytes.length; this.#left -= 1) {
      if (bytes[passing.at] !== (this.#left === 2 ? carriageReturn : lineFeed)) {
        return this.#refuse('an argument has no end');
      }
      passing.at += 1;
    }
    // The end of a command is noticed at once, not with the first byte of the next one.
    if (this.#left === 0 && this.#index === this.#command.count) return this.#stream(bytes);
    return true;
  }

  /** The length of the argument whose header begins at `at`; `#headerEnd` is then behind the header. */
  #argumentLength(bytes: Buffer, at: number): number | 'more' | 'malformed' {
    const length = this.#header(bytes, at);
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

  /** The number of a header line that begins at `at`; `#headerEnd` is then behind it. */
  #header(bytes: Buffer, at: number): number | 'more' | 'malformed' {
    const most = Math.min(bytes.length, at + mostHeaderBytes);
    let lineEnd = at + 1;
    while (lineEnd < most && bytes[lineEnd] !== lineFeed) lineEnd += 1;
    if (lineEnd >= most) return most === bytes.length && most < at + mostHeaderBytes ? 'more' : 'malformed';
    this.#headerEnd = lineEnd + 1;
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
}
