import { Refusal } from '../../core/index.ts';
import type { ServerReader } from '../relaying/index.ts';
import type { Conversation } from './conversation.ts';
import { payloadBytes } from './frame-layout.ts';
import { asksForFile } from './local-file.ts';
import { parseOk } from './ok-packet.ts';
import { capability, command, fatalErrnos, headerBytes, mostPacketBytes, reply, status } from './protocol.ts';

/** Enough for every field that is looked at: two length-encoded numbers and the status behind them. */
const mostHeadBytes = 32;
/** Enough for the name of a file that a server asks for, with the mark before it. */
const mostFileNameBytes = 4_097;
/** An EOF packet: its mark, warnings, status. An OK in its place has two bytes more. */
const eofBytes = 5;
const outParametersAndMore = status.outParameters | status.moreResults;

/** Where in its answer the server stands. */
type Phase = 'first' | 'definitions' | 'rows';

/** Reads the server's packets as they pass: which answer they belong to, how it ends, what it says of the session. */
export class ServerMessages implements ServerReader {
  readonly #conversation: Conversation;
  readonly #deprecatesEof: boolean;
  readonly #localFiles: boolean;
  /** Called with the number that the server gave to what was prepared. */
  readonly #prepared: (statementId: number) => void;
  halted = false;
  fatal = false;
  refusal: Refusal | undefined;
  #phase: Phase = 'first';
  /** Definitions of columns and parameters that are still to come in this phase, with the EOF behind them. */
  #definitions = 0;
  #rows = 0;
  /** MySQL says before a row of OUT parameters that more follows, and in the old framing does not repeat it behind. */
  #moreFollows = false;
  /** The sequence id of the last packet of this answer; undefined before the first. */
  #sequence: number | undefined;
  /** The sequence id of a packet that the client must not get. */
  #withheld: number | undefined;
  /** The payload goes on in the next packet. */
  #continues = false;

  constructor(conversation: Conversation, capabilities: number, prepared: (statementId: number) => void) {
    this.#conversation = conversation;
    this.#deprecatesEof = (capabilities & capability.deprecateEof) !== 0;
    this.#localFiles = (capabilities & capability.localFiles) !== 0;
    this.#prepared = prepared;
  }

  get betweenMessages(): boolean {
    return !this.#continues;
  }

  /** The sequence id of what the client gets next; undefined when it waits for no answer. */
  get awaitedSequence(): number | undefined {
    if (this.#withheld !== undefined) return this.#withheld;
    return this.#conversation.unanswered === 0 ? undefined : this.#nextSequence;
  }

  /** The sequence id that the next packet of this answer must have. */
  get #nextSequence(): number {
    if (this.#sequence === undefined) return this.#conversation.next?.replySequence ?? 0;
    return (this.#sequence + 1) & 0xff;
  }

  /**
   * Goes over rows that are whole, counts them, and holds them to their sequence. Anything that is not plainly a row goes
   * the long way: its mark may be that of an end or an error, or it goes on in the next packet.
   */
  passOver(bytes: Buffer, start: number, end: number): number {
    const last = this.#sequence;
    if (this.#phase !== 'rows' || last === undefined || this.#continues || this.halted) return start;
    let sequence = last;
    let at = start;
    for (;;) {
      const row = at + headerBytes;
      if (row >= end || (bytes[row] ?? reply.error) >= reply.eof) break;
      const payload = payloadBytes(bytes, at);
      const awaited = (sequence + 1) & 0xff;
      if (payload === 0 || payload === mostPacketBytes || row + payload > end) break;
      if (bytes[at + 3] !== awaited) break;
      sequence = awaited;
      at = row + payload;
      this.#rows += 1;
    }
    this.#sequence = sequence;
    return at;
  }

  header(sequence: number, bodyBytes: number): number {
    if (this.#continues) {
      if (sequence !== this.#nextSequence) return this.#break();
      this.#sequence = sequence;
      this.#continues = bodyBytes === mostPacketBytes;
      return 0;
    }
    if (this.halted) return -1;
    if (bodyBytes === 0) return this.#break();
    const mayAskForFile = this.#localFiles && this.#phase === 'first';
    return Math.min(bodyBytes, mayAskForFile ? mostFileNameBytes : mostHeadBytes);
  }

  kept(sequence: number, bytes: Buffer, start: number, end: number, bodyBytes: number): boolean {
    const mark = bytes[start] ?? 0;
    const conversation = this.#conversation;
    if (conversation.unanswered === 0) return this.#unasked(mark);
    // An error that ends the connection may have a number of its own.
    const awaited = this.#nextSequence;
    if (sequence !== awaited && mark !== reply.error) return this.#broken();
    this.#withheld = awaited;
    this.#sequence = sequence;
    this.#continues = bodyBytes === mostPacketBytes;
    if (mark === reply.error) this.#failed(bytes, start, end);
    else if (this.#phase === 'rows') this.#row(mark, bytes, start, end, bodyBytes);
    else if (this.#phase === 'definitions') this.#definition(bytes, start, end, bodyBytes);
    else if (!this.#first(mark, bytes, start, end, bodyBytes)) return this.#broken();
    // Nothing of what the audit could not take goes on.
    if (conversation.failure !== undefined) return false;
    this.#withheld = undefined;
    return true;
  }

  rest(): void {}

  #first(mark: number, bytes: Buffer, start: number, end: number, bodyBytes: number): boolean {
    switch (this.#conversation.nextCommand) {
      case command.query:
      case command.execute:
        return this.#result(mark, bytes, start, end, bodyBytes);
      case command.prepare:
        return mark === reply.ok && end - start >= 9 && this.#preparedOk(bytes, start);
      case command.fieldList:
      case command.fetch:
        this.#phase = 'rows';
        this.#row(mark, bytes, start, end, bodyBytes);
        return true;
      case command.statistics:
        this.#conversation.acknowledged();
        this.#endAnswer();
        return true;
      default:
        if (mark !== reply.ok && mark !== reply.eof) return false;
        this.#completed(0, statusOf(bytes, start, end, bodyBytes));
        return true;
    }
  }

  #result(mark: number, bytes: Buffer, start: number, end: number, bodyBytes: number): boolean {
    switch (mark) {
      case reply.ok: {
        const ok = parseOk(bytes, start, end);
        this.#completed(ok.affectedRows, ok.status);
        return true;
      }
      case reply.localInfile:
        if (bodyBytes === end - start && this.#fileWanted(bytes.subarray(start + 1, end))) return true;
        this.refusal = new Refusal('feature_not_offered', { what: 'LOAD DATA LOCAL INFILE' });
        return false;
      case reply.eof:
        return false;
      default:
        this.#phase = 'definitions';
        this.#definitions = columnCount(bytes, start, end) + (this.#deprecatesEof ? 0 : 1);
        return true;
    }
  }

  /**
   * A server may ask for a file of the client only where the database's configuration allows it, as the answer to a query
   * that names the very file, and when nothing else is on its way that the server would take for its content.
   */
  #fileWanted(name: Buffer): boolean {
    const { nextCommand, next, unanswered, upload } = this.#conversation;
    if (!this.#localFiles || nextCommand !== command.query || unanswered !== 1) return false;
    if (next?.running === undefined || upload !== undefined) return false;
    if (!asksForFile(next.running.text.text, name)) return false;
    this.#conversation.askedForFile(next, this.#sequence ?? 0);
    this.#sequence = undefined;
    return true;
  }

  #preparedOk(bytes: Buffer, start: number): boolean {
    const columns = bytes.readUInt16LE(start + 5);
    const parameters = bytes.readUInt16LE(start + 7);
    const { next } = this.#conversation;
    if (next?.prepared !== undefined) next.prepared.parameterCount = parameters;
    this.#prepared(bytes.readUInt32LE(start + 1));
    const ends = this.#deprecatesEof ? 0 : Number(columns > 0) + Number(parameters > 0);
    this.#definitions = columns + parameters + ends;
    this.#phase = 'definitions';
    if (this.#definitions === 0) this.#definitionsEnd(0);
    return true;
  }

  #definition(bytes: Buffer, start: number, end: number, bodyBytes: number): void {
    this.#definitions -= 1;
    if (this.#definitions > 0) return;
    const isEof = bytes[start] === reply.eof && bodyBytes === eofBytes;
    this.#definitionsEnd(isEof ? statusOf(bytes, start, end, bodyBytes) : 0);
  }

  #definitionsEnd(flags: number): void {
    if (this.#conversation.nextCommand === command.prepare) {
      this.#conversation.acknowledged();
      this.#endAnswer();
      return;
    }
    this.#phase = 'rows';
    // Procedures with a cursor inside raise the flag as well. Their rows do follow, and then other results: at least
    // the OK of the CALL.
    const isCursor =
      (flags & (status.cursorExists | status.moreResults)) === status.cursorExists &&
      this.#conversation.next?.opensCursor === true;
    if (isCursor) this.#completed(0, flags);
    else this.#moreFollows = (flags & outParametersAndMore) === outParametersAndMore;
  }

  #row(mark: number, bytes: Buffer, start: number, end: number, bodyBytes: number): void {
    const longestEnd = this.#deprecatesEof ? mostPacketBytes - 1 : 8;
    if (mark === reply.eof && bodyBytes <= longestEnd) {
      const flags = statusOf(bytes, start, end, bodyBytes);
      this.#completed(this.#rows, this.#moreFollows ? flags | status.moreResults : flags);
    } else this.#rows += 1;
  }

  #failed(bytes: Buffer, start: number, end: number): void {
    const errorNumber = end - start >= 3 ? bytes.readUInt16LE(start + 1) : 0xffff;
    this.fatal ||= fatalErrnos.has(errorNumber);
    this.#conversation.failed(errorNumber);
    this.#endAnswer();
  }

  #completed(rows: number, flags: number): void {
    const asked = this.#conversation.unanswered;
    this.#conversation.completed(rows, flags);
    this.#phase = 'first';
    this.#rows = 0;
    this.#moreFollows = false;
    if (this.#conversation.unanswered < asked) this.#endAnswer();
  }

  #endAnswer(): void {
    this.#phase = 'first';
    this.#rows = 0;
    this.#moreFollows = false;
    this.#sequence = undefined;
  }

  /** Only the end of the session is said without having been asked. */
  #unasked(mark: number): boolean {
    this.#conversation.doubt();
    if (mark !== reply.error) return this.#broken();
    this.fatal = true;
    return true;
  }

  #broken(): false {
    this.#conversation.doubt();
    return false;
  }

  #break(): -1 {
    this.#broken();
    return -1;
  }
}

/** The status of an EOF packet, or of the OK that stands in its place. */
function statusOf(bytes: Buffer, start: number, end: number, bodyBytes: number): number {
  if (bytes[start] === reply.eof && bodyBytes === eofBytes) return bytes.readUInt16LE(start + 3);
  return parseOk(bytes, start, end).status;
}

function columnCount(bytes: Buffer, start: number, end: number): number {
  return bytes[start] === 0xfc && end - start >= 3 ? bytes.readUInt16LE(start + 1) : (bytes[start] ?? 0);
}
