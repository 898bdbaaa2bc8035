import { isUtf8 } from 'node:buffer';
import { Refusal } from '../../core/index.ts';
import type { StatementObserver } from '../engine.ts';
import {
  type ClientReader,
  type ClientVerdict,
  mostTextBytes,
  RecentNames,
  StatementText,
} from '../relaying/index.ts';
import { boundParameters } from './bound-parameters.ts';
import { cancelKeyOf } from './connection-id.ts';
import type { Conversation } from './conversation.ts';
import { type KillStatement, parseKill } from './kill-statement.ts';
import { errorReply, okReply, packet, refusalReply } from './packets.ts';
import { command, deniedCommands, errno, mostPacketBytes } from './protocol.ts';
import type { Asked, Prepared, Running } from './statement.ts';

/** MariaDB's clients execute what they have just prepared by this number, without waiting for the real one. */
const lastPreparedId = 0xffff_ffff;
/** Our answers follow commands of one packet. */
const answerSequence = 1;
/** Parameters of one session that were sent ahead of their execution and are kept in mind for its record. */
const mostSentAhead = 4_096;

/** Bytes that a command has at least, with its own; 1 for those that are not here. */
const leastBytes: Readonly<Record<number, number>> = {
  [command.processKill]: 5,
  [command.execute]: 10,
  [command.sendLongData]: 7,
  [command.closeStatement]: 5,
  [command.resetStatement]: 5,
  [command.setOption]: 3,
  [command.fetch]: 9,
};

/** Reads the client's commands as they pass: what is run, under which number, with which values. */
export class ClientMessages implements ClientReader {
  readonly #conversation: Conversation;
  readonly #observer: StatementObserver;
  verdict: ClientVerdict | undefined;
  readonly #prepared = new RecentNames<Prepared, number>();
  #lastPrepared: Prepared | undefined;
  /** The command that goes on in the next packet, its text while that is longer than what is kept. */
  #continues = false;
  #continued: Asked | undefined;
  #longText: StatementText | undefined;
  #longData: { readonly sizes: Map<number, number>; readonly parameter: number } | undefined;
  #sentAhead = 0;
  #sequence = 0;
  #admitted = false;

  constructor(conversation: Conversation, observer: StatementObserver) {
    this.#conversation = conversation;
    this.#observer = observer;
  }

  /** The sequence id of an answer to the packet that came last. */
  get answerSequence(): number {
    return (this.#sequence + 1) & 0xff;
  }

  admitted(): void {
    this.verdict = undefined;
    this.#admitted = true;
  }

  /** The server has given this number to what was prepared. */
  prepared(statementId: number): void {
    const prepared = this.#conversation.next?.prepared;
    if (prepared !== undefined) this.#prepared.set(statementId, prepared, prepared.text.text.length);
  }

  header(sequence: number, bodyBytes: number): number {
    if (!this.#continues) {
      this.#longText = undefined;
      if (sequence !== 0) return this.#outOfOrder(sequence);
      if (bodyBytes === 0) return this.#refuse('a command is empty');
      return Math.min(bodyBytes, mostTextBytes + 1);
    }
    if (sequence !== this.answerSequence) return this.#outOfOrder(sequence);
    if (bodyBytes > 0) return 1;
    this.#continue(sequence, bodyBytes);
    return 0;
  }

  kept(sequence: number, bytes: Buffer, start: number, end: number, bodyBytes: number): boolean {
    if (this.#continues) {
      this.#longText?.feed(bytes, start, end);
      this.#continue(sequence, bodyBytes);
      return true;
    }
    this.#sequence = sequence;
    this.#continued = undefined;
    this.#longData = undefined;
    const code = bytes.readUInt8(start);
    if (bodyBytes < (leastBytes[code] ?? 1)) {
      this.#refuse('a command is shorter than its fields');
      return false;
    }
    const whole = bodyBytes < mostPacketBytes;
    const passes =
      code === command.sendLongData
        ? this.#sendLongData(bytes.readUInt32LE(start + 1), bytes.readUInt16LE(start + 5), bodyBytes - 7)
        : this.#command(code, bytes, start + 1, end, whole && end - start === bodyBytes);
    if (!passes) return false;
    this.#continues = !whole;
    return true;
  }

  rest(bytes: Buffer, start: number, end: number): void {
    this.#longText?.feed(bytes, start, end);
  }

  #continue(sequence: number, bodyBytes: number): void {
    this.#sequence = sequence;
    this.#continues = bodyBytes === mostPacketBytes;
    if (this.#continued !== undefined) this.#continued.replySequence = this.answerSequence;
    if (this.#longData !== undefined) this.#growLongData(bodyBytes);
  }

  /** Whether the command passes. `at` is behind its first byte; `whole` that all of it is there. */
  #command(code: number, bytes: Buffer, at: number, end: number, whole: boolean): boolean {
    switch (code) {
      case command.query:
        return this.#query(bytes, at, end, whole);
      case command.prepare:
        return this.#prepare(bytes, at, end, whole);
      case command.execute:
        return this.#execute(bytes, at, end);
      case command.fetch:
        return this.#fetch(bytes.readUInt32LE(at));
      case command.closeStatement:
        this.#forgetLongData(this.#prepared.get(bytes.readUInt32LE(at)));
        this.#prepared.delete(bytes.readUInt32LE(at));
        return true;
      case command.initDatabase:
        return this.#initDatabase(bytes, at, end, whole);
      case command.resetStatement:
        this.#forgetLongData(this.#prepared.get(bytes.readUInt32LE(at)));
        break;
      case command.resetConnection:
        this.#prepared.clear();
        this.#lastPrepared = undefined;
        this.#sentAhead = 0;
        break;
      case command.fieldList:
      case command.statistics:
      case command.ping:
      case command.setOption:
        break;
      case command.processKill:
        return this.#kill({ what: 'session', connectionId: bytes.readUInt32LE(at) });
      case command.quit:
        this.verdict = { kind: 'terminated' };
        return false;
      default:
        return this.#deny(code);
    }
    this.#conversation.ask(code);
    return true;
  }

  #query(bytes: Buffer, at: number, end: number, whole: boolean): boolean {
    const text = this.#text(bytes, at, end, whole);
    const kill = whole ? parseKill(text.text) : undefined;
    if (kill !== undefined) return this.#kill(kill);
    return this.#run(command.query, text, undefined);
  }

  /** COM_INIT_DB is what clients send for USE. */
  #initDatabase(bytes: Buffer, at: number, end: number, whole: boolean): boolean {
    const name = this.#text(bytes, at, end, whole);
    return this.#run(command.initDatabase, new StatementText(`USE ${name.text}`), undefined);
  }

  #prepare(bytes: Buffer, at: number, end: number, whole: boolean): boolean {
    const text = this.#text(bytes, at, end, whole);
    const prepared = { text, parameterCount: undefined, types: undefined, longData: new Map() };
    this.#lastPrepared = prepared;
    this.#ask(command.prepare, { running: running(text, undefined), prepared, opensCursor: false });
    return true;
  }

  #execute(bytes: Buffer, at: number, end: number): boolean {
    const prepared = this.#preparedAs(bytes.readUInt32LE(at));
    if (prepared === undefined) return false;
    let parameters: readonly (string | null)[] | undefined;
    if (this.#observer.wantsParameters) {
      // How many there are is known once the server has answered.
      if (prepared.parameterCount === undefined && this.#conversation.unanswered > 0) {
        this.verdict = { kind: 'turn' };
        return false;
      }
      const bound = boundParameters(bytes.subarray(at + 9, end), prepared);
      parameters = bound.values;
      prepared.types = bound.types;
    }
    const opensCursor = bytes.readUInt8(at + 4) !== 0;
    if (!this.#run(command.execute, prepared.text, parameters, opensCursor)) return false;
    this.#forgetLongData(prepared);
    return true;
  }

  /** Each portion of a cursor is a record of its own. */
  #fetch(statementId: number): boolean {
    const prepared = this.#preparedAs(statementId);
    return prepared !== undefined && this.#run(command.fetch, prepared.text, undefined);
  }

  /** Part of a parameter, ahead of the execution that then leaves it out. The server does not answer. */
  #sendLongData(statementId: number, parameter: number, bytes: number): boolean {
    const sizes = this.#observer.wantsParameters ? this.#known(statementId)?.longData : undefined;
    if (sizes === undefined) return true;
    if (!sizes.has(parameter)) this.#sentAhead += 1;
    if (this.#sentAhead > mostSentAhead) {
      const what = `Sending more than ${mostSentAhead} parameters ahead of their execution`;
      this.verdict = { kind: 'refused', refusal: new Refusal('feature_not_offered', { what }) };
      return false;
    }
    this.#longData = { sizes, parameter };
    this.#growLongData(bytes);
    return true;
  }

  #growLongData(bytes: number): void {
    if (this.#longData === undefined) return;
    const { sizes, parameter } = this.#longData;
    sizes.set(parameter, (sizes.get(parameter) ?? 0) + bytes);
  }

  #forgetLongData(prepared: Prepared | undefined): void {
    if (prepared === undefined) return;
    this.#sentAhead -= prepared.longData.size;
    prepared.longData.clear();
  }

  #known(statementId: number): Prepared | undefined {
    return statementId === lastPreparedId ? this.#lastPrepared : this.#prepared.get(statementId);
  }

  /**
   * What a number stands for. One that we never saw is an error of the server's, which the client gets from it.
   * Undefined after a refusal: running a text that nobody remembers would leave a hole in the audit.
   */
  #preparedAs(statementId: number): Prepared | undefined {
    const known = this.#known(statementId);
    if (known !== undefined) return known;
    if (this.#prepared.forgot) {
      const what = 'Running a prepared statement after megabytes of others were prepared';
      this.verdict = { kind: 'refused', refusal: new Refusal('feature_not_offered', { what }) };
      return undefined;
    }
    const text = new StatementText(`EXECUTE ${statementId}`);
    return { text, parameterCount: 0, types: undefined, longData: new Map() };
  }

  /** False while the statement must wait for its record. */
  #run(
    code: number,
    text: StatementText,
    parameters: readonly (string | null)[] | undefined,
    opensCursor = false,
  ): boolean {
    const { admit } = this.#observer;
    if (admit !== undefined && !this.#admitted) {
      this.verdict = { kind: 'admission', admission: admit(text.text, parameters) };
      return false;
    }
    this.#admitted = false;
    this.#ask(code, { running: running(text, parameters), prepared: undefined, opensCursor });
    return true;
  }

  #ask(code: number, question: Omit<Asked, 'replySequence'>): void {
    const asked = { ...question, replySequence: answerSequence };
    this.#continued = asked;
    this.#conversation.ask(code, asked);
  }

  /** Turns a number of ours into the session that has it, if that is the same person's. */
  #kill({ what, connectionId }: KillStatement): false {
    this.verdict = {
      kind: 'local',
      answer: async () => {
        const { id } = cancelKeyOf(connectionId);
        const outcome = await this.#observer.endPeer?.(id, what);
        const answer =
          outcome === 'done'
            ? okReply(this.#conversation.transactionStatus)
            : errorReply(errno.unknownThread, `Unknown thread id: ${connectionId}`);
        return packet(answerSequence, answer);
      },
    };
    return false;
  }

  /** Answers for the server, which never hears of it; the record says that it was tried. */
  #deny(code: number): false {
    const name = deniedCommands[code] ?? `COM_0x${code.toString(16).padStart(2, '0')}`;
    const refusal = new Refusal('feature_not_offered', { what: 'Changing the user of an open connection' });
    const isChange = code === command.changeUser;
    this.verdict = {
      kind: 'local',
      answer: async () => {
        const errorNumber = isChange ? refusal.native.mysql : errno.unknownCommand;
        this.#conversation.refused(name, errorNumber);
        const answer = isChange ? refusalReply(refusal) : errorReply(errorNumber, 'Unknown command');
        return packet(answerSequence, answer);
      },
    };
    return false;
  }

  /** The character set may have been changed by a SET: what is no UTF-8 is read byte by byte, so that nothing is lost. */
  #text(bytes: Buffer, start: number, end: number, whole: boolean): StatementText {
    const encoding = isUtf8Text(bytes, start, end, whole) ? 'utf8' : 'latin1';
    const text = StatementText.read(bytes, start, end, encoding, whole);
    if (text.open) this.#longText = text;
    return text;
  }

  #outOfOrder(sequence: number): -1 {
    this.#sequence = sequence;
    return this.#refuse('a packet is out of order');
  }

  #refuse(what: string): -1 {
    this.verdict = { kind: 'refused', refusal: new Refusal('protocol_violation', { what }) };
    return -1;
  }
}

function running(text: StatementText, parameters: readonly (string | null)[] | undefined): Running {
  return { text, parameters, startedAt: performance.now(), rows: undefined };
}

/** A text that was cut may end within a character, which has four bytes at most. */
function isUtf8Text(bytes: Buffer, start: number, end: number, whole: boolean): boolean {
  const mostCut = whole ? 0 : 3;
  for (let cut = 0; cut <= mostCut; cut += 1) if (isUtf8(bytes.subarray(start, end - cut))) return true;
  return false;
}
