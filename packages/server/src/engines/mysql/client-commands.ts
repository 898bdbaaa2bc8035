import { Refusal } from '../../core/index.ts';
import type { StatementObserver } from '../engine.ts';
import { type ClientVerdict, StatementText } from '../relaying/index.ts';
import { boundParameters } from './bound-parameters.ts';
import { readCommandText } from './command-text.ts';
import type { Conversation } from './conversation.ts';
import type { KeywordWatch } from './keyword-watch.ts';
import { KillGuard, type SessionReading } from './kill-guard.ts';
import { foreignKill, OwnAnswers } from './own-answers.ts';
import { mostSentAhead, PreparedStatements } from './prepared-statements.ts';
import { command, mostPacketBytes } from './protocol.ts';
import type { Asked, Prepared } from './statement.ts';

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

/** Whether a command goes on to the server; if not, what becomes of it. */
export type Passage = 'passes' | ClientVerdict;

/** What each command of a client means: what it asks the server, what it needs first, what is answered here. */
export class ClientCommands {
  readonly #conversation: Conversation;
  readonly #observer: StatementObserver;
  readonly #answers: OwnAnswers;
  readonly #killGuard: KillGuard;
  readonly #statements = new PreparedStatements();
  /** Of the command that came last, what concerns the rest of it. */
  #asked: Asked | undefined;
  #longText: StatementText | undefined;
  #longWatch: KeywordWatch | undefined;
  #longData: { readonly sizes: Map<number, number>; readonly parameter: number } | undefined;
  #admitted = false;

  constructor(conversation: Conversation, observer: StatementObserver, reading: SessionReading) {
    this.#conversation = conversation;
    this.#observer = observer;
    this.#answers = new OwnAnswers(conversation, observer);
    this.#killGuard = new KillGuard(reading);
  }

  /** The command that waited for its record may pass now. */
  admitted(): void {
    this.#admitted = true;
  }

  /** The server has given this number to what was prepared. */
  prepared(statementId: number): void {
    const prepared = this.#conversation.next?.prepared;
    if (prepared !== undefined) this.#statements.name(statementId, prepared);
  }

  /** A command begins: its first bytes from `start` to `end`, of `bodyBytes` in its first packet. */
  begin(bytes: Buffer, start: number, end: number, bodyBytes: number): Passage {
    this.#asked = undefined;
    this.#longText = undefined;
    this.#longWatch = undefined;
    this.#longData = undefined;
    const code = bytes.readUInt8(start);
    if (bodyBytes < (leastBytes[code] ?? 1)) {
      const what = 'a command is shorter than its fields';
      return { kind: 'refused', refusal: new Refusal('protocol_violation', { what }) };
    }
    if (code === command.sendLongData) {
      return this.#sendLongData(bytes.readUInt32LE(start + 1), bytes.readUInt16LE(start + 5), bodyBytes - 7);
    }
    const whole = bodyBytes < mostPacketBytes && end - start === bodyBytes;
    return this.#command(code, bytes, start + 1, end, whole);
  }

  /** More bytes of the command. */
  more(bytes: Buffer, start: number, end: number): Passage {
    this.#longText?.feed(bytes, start, end);
    if (this.#longWatch === undefined) return 'passes';
    this.#longWatch.feed(bytes, start, end);
    // The server has a part of the text, which it does not run.
    return this.#longWatch.found ? { kind: 'refused', refusal: foreignKill } : 'passes';
  }

  /** Another packet of the command, of this size; an answer to all of it has this sequence id. */
  packet(bodyBytes: number, answerSequence: number): void {
    if (this.#asked !== undefined) this.#asked.replySequence = answerSequence;
    if (this.#longData !== undefined) this.#growLongData(bodyBytes);
  }

  #command(code: number, bytes: Buffer, at: number, end: number, whole: boolean): Passage {
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
        return this.#close(bytes.readUInt32LE(at));
      case command.resetStatement:
        return this.#reset(bytes.readUInt32LE(at));
      case command.initDatabase:
        return this.#initDatabase(bytes, at, end, whole);
      case command.resetConnection:
        this.#statements.clear();
        break;
      case command.fieldList:
        return this.#fieldList(bytes, at, end, whole);
      case command.statistics:
      case command.ping:
      case command.setOption:
        break;
      case command.processKill: {
        const connectionId = bytes.readUInt32LE(at);
        return this.#answers.kill({ what: 'session', connectionId }, `KILL ${connectionId}`);
      }
      case command.quit:
        return { kind: 'terminated' };
      default:
        return this.#answers.denied(code);
    }
    this.#conversation.ask(code);
    return 'passes';
  }

  #query(bytes: Buffer, at: number, end: number, whole: boolean): Passage {
    const text = readCommandText(bytes, at, end, whole);
    if (!whole) {
      const passage = this.#watch(text, bytes, at, end);
      return passage === 'passes' ? this.#run(command.query, text, undefined) : passage;
    }
    const verdict = this.#killGuard.judge(text.text, bytes, at, end, this.#conversation);
    if (verdict.outcome === 'kill') return this.#answers.kill(verdict.kill, text.text);
    if (verdict.outcome === 'foreign') return this.#answers.foreignKill(text.text);
    return this.#run(command.query, text, undefined);
  }

  /** COM_INIT_DB is what clients send for USE. */
  #initDatabase(bytes: Buffer, at: number, end: number, whole: boolean): Passage {
    const name = readCommandText(bytes, at, end, whole);
    return this.#run(command.initDatabase, new StatementText(`USE ${name.text}`), undefined);
  }

  /** COM_FIELD_LIST is what older clients send for SHOW FIELDS: the table, a NUL, a pattern. */
  #fieldList(bytes: Buffer, at: number, end: number, whole: boolean): Passage {
    const [table = ''] = readCommandText(bytes, at, end, whole).text.split('\0', 1);
    return this.#run(command.fieldList, new StatementText(`SHOW FIELDS FROM ${table}`), undefined);
  }

  #prepare(bytes: Buffer, at: number, end: number, whole: boolean): Passage {
    const text = readCommandText(bytes, at, end, whole);
    if (!whole) {
      const passage = this.#watch(text, bytes, at, end);
      if (passage !== 'passes') return passage;
    } else {
      const { outcome } = this.#killGuard.judge(text.text, bytes, at, end, this.#conversation);
      if (outcome !== 'harmless') {
        this.#statements.refuse();
        const { text: shown } = text;
        return outcome === 'kill' ? this.#answers.preparedKill(shown) : this.#answers.foreignKill(shown);
      }
    }
    this.#ask(command.prepare, text, undefined, this.#statements.prepare(text), false);
    return 'passes';
  }

  #execute(bytes: Buffer, at: number, end: number): Passage {
    const statementId = bytes.readUInt32LE(at);
    const prepared = this.#statements.find(statementId);
    if (typeof prepared === 'string') return this.#unusable(prepared, statementId);
    let parameters: readonly (string | null)[] | undefined;
    if (this.#observer.wantsParameters) {
      // How many there are is known once the server has answered.
      if (prepared.parameterCount === undefined && this.#conversation.unanswered > 0) return { kind: 'turn' };
      const bound = boundParameters(bytes.subarray(at + 9, end), prepared);
      parameters = bound.values;
      prepared.types = bound.types;
    }
    const opensCursor = bytes.readUInt8(at + 4) !== 0;
    const passage = this.#run(command.execute, prepared.text, parameters, opensCursor);
    if (passage === 'passes') this.#statements.executed(prepared);
    return passage;
  }

  /** Each portion of a cursor is a record of its own. */
  #fetch(statementId: number): Passage {
    const prepared = this.#statements.find(statementId);
    if (typeof prepared === 'string') return this.#unusable(prepared, statementId);
    return this.#run(command.fetch, prepared.text, undefined);
  }

  #close(statementId: number): Passage {
    if (this.#statements.find(statementId) === 'refused') return this.#answers.silence();
    this.#statements.close(statementId);
    return 'passes';
  }

  #reset(statementId: number): Passage {
    if (this.#statements.find(statementId) === 'refused') return this.#unusable('refused', statementId);
    this.#statements.reset(statementId);
    this.#conversation.ask(command.resetStatement);
    return 'passes';
  }

  /** Part of a parameter, ahead of the execution that then leaves it out. The server does not answer. */
  #sendLongData(statementId: number, parameter: number, bytes: number): Passage {
    if (this.#statements.find(statementId) === 'refused') return this.#answers.silence();
    if (!this.#observer.wantsParameters) return 'passes';
    const sizes = this.#statements.sizesAhead(statementId, parameter);
    if (sizes === undefined) return 'passes';
    if (sizes === 'too_many') {
      return notOffered(`Sending more than ${mostSentAhead} parameters ahead of their execution`);
    }
    this.#longData = { sizes, parameter };
    this.#growLongData(bytes);
    return 'passes';
  }

  #growLongData(bytes: number): void {
    if (this.#longData === undefined) return;
    const { sizes, parameter } = this.#longData;
    sizes.set(parameter, (sizes.get(parameter) ?? 0) + bytes);
  }

  /** Running a text that nobody remembers would leave a hole in the audit. */
  #unusable(why: 'refused' | 'forgotten', statementId: number): ClientVerdict {
    return why === 'refused'
      ? this.#answers.unknownStatement(`EXECUTE ${statementId}`)
      : notOffered('Running a prepared statement after megabytes of others were prepared');
  }

  /** Begins to look through a text that is longer than what is kept of it. */
  #watch(text: StatementText, bytes: Buffer, at: number, end: number): Passage {
    if (text.open) this.#longText = text;
    this.#longWatch = this.#killGuard.watch(text.text, this.#conversation);
    this.#longWatch.feed(bytes, at, end);
    return this.#longWatch.found ? { kind: 'refused', refusal: foreignKill } : 'passes';
  }

  /** Asks the server for a statement; with strict audit once it has been recorded. */
  #run(
    code: number,
    text: StatementText,
    parameters: readonly (string | null)[] | undefined,
    opensCursor = false,
  ): Passage {
    const { admit } = this.#observer;
    if (admit !== undefined && !this.#admitted) {
      return { kind: 'admission', admission: admit(text.text, parameters) };
    }
    this.#admitted = false;
    this.#ask(code, text, parameters, undefined, opensCursor);
    return 'passes';
  }

  #ask(
    code: number,
    text: StatementText,
    parameters: readonly (string | null)[] | undefined,
    prepared: Prepared | undefined,
    opensCursor: boolean,
  ): void {
    const running = { text, parameters, startedAt: performance.now(), rows: undefined };
    this.#asked = { running, prepared, opensCursor, replySequence: 1 };
    this.#conversation.ask(code, this.#asked);
  }
}

function notOffered(what: string): ClientVerdict {
  return { kind: 'refused', refusal: new Refusal('feature_not_offered', { what }) };
}
