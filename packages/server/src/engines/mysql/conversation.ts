import type { StatementObserver } from '../engine.ts';
import { type Exchange, ExpectedReplies } from '../relaying/index.ts';
import { command, mostPacketBytes, status } from './protocol.ts';
import { type Asked, finishedStatement, type Running } from './statement.ts';

/** Stands for every command that needs no more than an answer. */
const plain: Asked = { running: undefined, prepared: undefined, opensCursor: false, replySequence: 1 };

/** A file on its way: packets up to an empty one. */
interface Upload {
  readonly of: Asked;
  sequence: number;
  /** The last packet was of the greatest length: the next one belongs to it, also an empty one. */
  continues: boolean;
}

/**
 * What both sides have said to each other, as far as it matters for two questions: which command does an answer
 * belong to, and is the connection proved idle? Every command but three has exactly one answer, in order (MySQL
 * source documentation, "Command Phase").
 */
export class Conversation implements Exchange {
  readonly #observer: StatementObserver;
  readonly #expected = new ExpectedReplies<Asked>();
  failure: unknown;
  statements = 0;
  /** The file that the server has asked the client for, and the client has not sent to its end. */
  upload: Upload | undefined;
  #status: number;
  /** False after an error, which comes without the status: a procedure may have failed within its transaction. */
  #statusKnown = true;
  /** The session has something that a reset does not take back, or said something that makes no sense. */
  #doubt = false;

  /** `loginStatus`: the status flags of the server's OK to the login. */
  constructor(observer: StatementObserver, loginStatus: number) {
    this.#observer = observer;
    this.#status = loginStatus;
  }

  get unanswered(): number {
    return this.#expected.length;
  }

  get idle(): boolean {
    const inTransaction = status.inTransaction | status.inReadOnlyTransaction;
    return (
      this.#expected.length === 0 && this.#statusKnown && (this.#status & inTransaction) === 0 && !this.#doubt
    );
  }

  /** The command that the server answers now; 0 when there is none. */
  get nextCommand(): number {
    return this.#expected.nextType;
  }

  get next(): Asked | undefined {
    return this.#expected.next;
  }

  /** The flags that the server said last. */
  get status(): number {
    return this.#status;
  }

  /** Whether those flags hold: everything was answered, and not with an error, which comes without them. */
  get statusCertain(): boolean {
    return this.#statusKnown && this.#expected.length === 0;
  }

  /** Whether a transaction is open, in the flags of the protocol. Drivers go by them at every OK. */
  get transactionStatus(): number {
    return this.#status & (status.inTransaction | status.inReadOnlyTransaction | status.autocommit);
  }

  /** From the client: a command that gets an answer. */
  ask(code: number, asked: Asked = plain): void {
    if (asked.running !== undefined && code !== command.prepare) this.statements += 1;
    this.#expected.add(code, asked);
  }

  /** A KILL that was carried out here, or could not be: `errorNumber` is absent when it was. */
  killed(text: string, durationMs: number, errorNumber: number | undefined): void {
    this.#record({
      text,
      durationMs,
      ...(errorNumber === undefined
        ? { outcome: 'succeeded' }
        : { outcome: 'failed', errorCode: String(errorNumber) }),
    });
  }

  /** A command that the server never sees. */
  refused(text: string, errorNumber: number): void {
    this.#record({
      text,
      durationMs: 0,
      outcome: 'failed',
      errorCode: String(errorNumber),
    });
  }

  /** From the server, as are those below: a part of an answer ended well, with this many rows, read or changed. */
  completed(rows: number, flags: number): void {
    this.#status = flags;
    this.#statusKnown = true;
    const { nextType, next } = this.#expected;
    if (next?.running !== undefined) next.running.rows = (next.running.rows ?? 0) + rows;
    if ((flags & status.moreResults) !== 0) return;
    // A reset does not bring the switch for multi-statements back.
    if (nextType === command.setOption) this.#doubt = true;
    this.#answered(0);
  }

  /** The server asks for the file that the statement names, in a packet with this sequence id. */
  askedForFile(of: Asked, sequence: number): void {
    of.replySequence = (sequence + 1) & 0xff;
    this.upload = { of, sequence: of.replySequence, continues: false };
  }

  /** From the client: a packet of that file. False when it has the number of another. */
  uploaded(sequence: number, bytes: number): boolean {
    const { upload } = this;
    if (upload?.sequence !== sequence) return false;
    upload.sequence = (sequence + 1) & 0xff;
    upload.of.replySequence = upload.sequence;
    if (bytes === 0 && !upload.continues) this.upload = undefined;
    upload.continues = bytes === mostPacketBytes;
    return true;
  }

  /** An answer ended that says nothing about the session. */
  acknowledged(): void {
    if (this.#expected.nextType === command.prepare) this.#expected.shift();
    else this.#answered(0);
  }

  /** An error ends every answer. */
  failed(errorNumber: number): void {
    this.#statusKnown = false;
    this.#answered(errorNumber);
  }

  /** The server said something that answers nothing. */
  doubt(): void {
    this.#doubt = true;
  }

  abandon(): void {
    for (const [code, asked] of this.#expected.entries()) {
      if (asked?.running !== undefined && code !== command.prepare) this.#end(asked.running, false, 0);
    }
    this.#doubt = true;
  }

  #answered(errorNumber: number): void {
    const { nextType, next } = this.#expected;
    this.#expected.shift();
    // The rest of a file that nobody waits for any more is still to come.
    if (this.upload !== undefined) this.#doubt = true;
    if (next?.running === undefined) return;
    if (nextType !== command.prepare || errorNumber !== 0) this.#end(next.running, true, errorNumber);
  }

  #end(running: Running, answered: boolean, errorNumber: number): void {
    this.#record(finishedStatement(running, performance.now(), { answered, errno: errorNumber }));
  }

  #record(statement: Parameters<StatementObserver['finished']>[0]): void {
    try {
      this.#observer.finished(statement);
    } catch (thrown) {
      this.failure ??= thrown;
    }
  }
}
