import type { StatementObserver } from '../engine.ts';
import { ExpectedReplies, StatementText } from '../relaying/index.ts';
import { fromClient, idleStatus } from './protocol.ts';
import { type Asked, finishedStatement, type Running, running } from './statement.ts';

const { bind, close, copyDone, describe, execute, functionCall, parse, query, sync } = fromClient;

/** Where a COPY from the client stands: not at all, taking data, or ended by the client. */
type CopyIn = 'none' | 'taking' | 'ended';

/**
 * What both sides have said to each other, as far as it matters for two questions: which statement does an answer
 * belong to, and is the connection proved idle? Every client message that has an answer is expected to get it, in
 * order (documentation section "Message Flow"). An answer that does not fit puts the session in doubt for good, and
 * a connection in doubt is never used again.
 */
export class Conversation {
  readonly #observer: StatementObserver;
  readonly #expected = new ExpectedReplies<NonNullable<Asked>>();
  /** Set when the server has finished everything and no transaction is open: portals are gone then. */
  onIdle: (() => void) | undefined;
  /** What `observer.finished` threw: the session must end. */
  failure: unknown;
  /** Statements that were forwarded. */
  statements = 0;
  #status: number = idleStatus;
  /** Extended messages were sent without a Sync behind them. */
  #batchOpen = false;
  /** The server drops everything up to a Sync that the client has not sent yet. */
  #skipping = false;
  #copyIn: CopyIn = 'none';
  /** A Sync was taken for one that the server ignores because of COPY. */
  #syncIgnored = false;
  #doubt = false;
  #dataRows = 0;

  constructor(observer: StatementObserver) {
    this.#observer = observer;
  }

  /** Messages that the server still has to answer. */
  get unanswered(): number {
    return this.#expected.length;
  }

  /** Nothing is asked, open, half done or in doubt. */
  get idle(): boolean {
    return (
      this.#expected.length === 0 &&
      this.#status === idleStatus &&
      !this.#batchOpen &&
      !this.#skipping &&
      this.#copyIn === 'none' &&
      !this.#doubt
    );
  }

  /** From the client, as are those up to `copyEnd`. Query or FunctionCall: answered by a ReadyForQuery of its own. */
  statement(type: typeof query | typeof functionCall, statement: Running): void {
    statement.startedAt = performance.now();
    this.statements += 1;
    this.#expect(type, statement);
  }

  /** Execute. */
  execute(statement: Running): void {
    statement.startedAt = performance.now();
    this.statements += 1;
    this.#batchOpen = true;
    this.#expect(execute, statement);
  }

  /** Parse, Bind, Describe, Close: answered once each, if nothing fails before them. */
  ask(type: typeof parse | typeof bind | typeof describe | typeof close, asked: Asked): void {
    this.#batchOpen = true;
    this.#expect(type, asked);
  }

  flush(): void {
    this.#batchOpen = true;
  }

  sync(): void {
    // A server that takes COPY data ignores Sync, for clients that sent it right behind the Execute.
    if (this.#copyIn === 'taking') {
      this.#syncIgnored = true;
      return;
    }
    this.#batchOpen = false;
    this.#skipping = false;
    this.#expected.add(sync, undefined);
  }

  /** CopyDone or CopyFail. */
  copyEnd(): void {
    if (this.#copyIn === 'taking') this.#copyIn = 'ended';
    else if (this.#expected.length > 0 && !this.#skipping) this.#expected.add(copyDone, undefined);
  }

  #expect(type: number, asked: Asked): void {
    if (this.#skipping) {
      this.#dropped(type, asked);
      return;
    }
    // The server will fail the COPY over it, and swallow it: from here on we cannot know what it answers.
    if (this.#copyIn === 'taking') this.#doubt = true;
    this.#expected.add(type, asked);
  }

  /** From the server, as are those up to `ready`. */
  dataRow(): void {
    this.#dataRows += 1;
  }

  /** ParseComplete, BindComplete, CloseComplete, and RowDescription or NoData after a Describe. */
  acknowledged(type: typeof parse | typeof bind | typeof describe | typeof close): void {
    const { nextType, next } = this.#expected;
    if (nextType !== type) {
      // Rows of a simple query are described too, without having been asked for.
      if (type !== describe || nextType !== query) this.#doubt = true;
      return;
    }
    if (next?.kind === 'closing') {
      if (next.from.get(next.name) === next.closed) next.from.delete(next.name);
    } else if (next !== undefined && type !== describe) next.replaced = undefined;
    this.#shift();
  }

  /** ParameterDescription: the types that the server found for the described statement. */
  described(types: readonly number[]): void {
    const { nextType, next } = this.#expected;
    if (nextType === describe && next?.kind === 'prepared') next.types = types;
  }

  /** CommandComplete or EmptyQueryResponse; `rows` as its tag says. */
  completed(rows: number | undefined): void {
    this.#endCopy();
    const { nextType, next } = this.#expected;
    if (next?.kind !== 'running' || (nextType !== query && nextType !== execute)) {
      this.#doubt = true;
      return;
    }
    if (rows !== undefined) next.rows = (next.rows ?? 0) + rows;
    this.#dataRows = 0;
    if (nextType === execute) this.#answered(next);
  }

  /** PortalSuspended: the Execute ended at its row limit. */
  suspended(): void {
    const { nextType, next } = this.#expected;
    if (nextType !== execute || next?.kind !== 'running') {
      this.#doubt = true;
      return;
    }
    next.rows = this.#dataRows;
    this.#dataRows = 0;
    this.#answered(next);
  }

  /** FunctionCallResponse. */
  returned(): void {
    if (this.#expected.nextType !== functionCall) this.#doubt = true;
  }

  /** CopyInResponse: the Syncs that the client sent ahead, up to the end of its data, will be ignored. */
  copyInBegan(): void {
    this.#copyIn = 'taking';
    let batchOpen = this.#expected.nextType === execute;
    this.#expected.filterBehindNext((type) => {
      if (this.#copyIn === 'ended') {
        if (type === sync) batchOpen = false;
        return true;
      }
      if (type === copyDone) this.#copyIn = 'ended';
      else if (type === sync) this.#syncIgnored = true;
      else this.#doubt = true;
      return type !== sync && type !== copyDone;
    });
    if (batchOpen) this.#batchOpen = true;
  }

  /** CopyBothResponse belongs to replication, which nobody may ask for. */
  copyBothBegan(): void {
    this.#doubt = true;
  }

  /** ErrorResponse. After an extended message the server drops everything up to the next Sync. */
  failed(errorCode: string, fatal: boolean): void {
    // The Sync may have come before the failure (ignored) or after it (answered): only the server knows.
    if (this.#copyIn !== 'none' && this.#syncIgnored) this.#doubt = true;
    this.#endCopy();
    this.#dataRows = 0;
    const { nextType, next } = this.#expected;
    switch (nextType) {
      case query:
      case functionCall:
        if (next?.kind === 'running') next.errorCode ??= errorCode;
        if (fatal && next?.kind === 'running') this.#record(next, 'answered');
        return;
      case sync:
        // The transaction that the batch opened by itself could not be committed.
        this.#failedWithoutStatement(new StatementText('COMMIT'), errorCode);
        return;
      case 0:
        this.#doubt = true;
        return;
      default:
        this.#batchFailed(next, errorCode);
    }
  }

  /** ReadyForQuery. */
  ready(status: number): void {
    this.#status = status;
    this.#endCopy();
    this.#dataRows = 0;
    const { nextType } = this.#expected;
    if (nextType !== query && nextType !== sync && nextType !== functionCall) this.#doubt = true;
    while (this.#expected.length > 0) {
      const { nextType: type, next } = this.#expected;
      this.#shift();
      const ends = type === query || type === sync || type === functionCall;
      if (next?.kind === 'running' && type !== bind) this.#record(next, ends ? 'answered' : 'unanswered');
      if (ends) break;
    }
    if (this.idle) this.onIdle?.();
  }

  /** The session is over: what the server did not answer is recorded as unfinished. */
  abandon(): void {
    for (const [type, asked] of this.#expected.entries()) {
      if (asked?.kind === 'running' && type !== bind) this.#record(asked, 'unanswered');
    }
    this.#doubt = true;
  }

  #answered(statement: Running): void {
    this.#shift();
    this.#record(statement, 'answered');
  }

  #shift(): void {
    this.#expected.shift();
    // The end of a COPY that is none, or that failed already, gets no answer.
    while (this.#expected.nextType === copyDone) this.#expected.shift();
  }

  #endCopy(): void {
    this.#copyIn = 'none';
    this.#syncIgnored = false;
  }

  #batchFailed(culprit: Asked, errorCode: string): void {
    if (culprit?.kind === 'prepared') {
      this.#failedWithoutStatement(culprit.text, errorCode);
      culprit.refused = true;
    } else if (culprit?.kind === 'running' && this.#expected.nextType === bind) {
      // A record of its own: an Execute behind the next Sync may still run the portal that has the name.
      this.#record({ ...culprit, errorCode }, 'answered');
      culprit.refused = true;
    } else if (culprit?.kind === 'running') {
      culprit.errorCode = errorCode;
      this.#record(culprit, 'answered');
    }
    this.#shift();
    while (this.#expected.length > 0 && this.#expected.nextType !== sync) {
      const { nextType, next } = this.#expected;
      this.#shift();
      // What failed has its record; its Execute was never tried.
      const follows = next?.kind === 'running' && (next === culprit || next.prepared === culprit);
      if (culprit === undefined || !follows || nextType === bind) this.#dropped(nextType, next);
    }
    this.#skipping = this.#expected.length === 0;
  }

  /** The server never looks at this message. */
  #dropped(type: number, asked: Asked): void {
    if (asked?.kind === 'running' && type !== bind) this.#record(asked, 'unanswered');
    else if ((type === parse || type === bind) && asked !== undefined && asked.kind !== 'closing') {
      asked.refused = true;
    }
  }

  /** What failed was never run: a text that was to be prepared, or the end of a transaction. */
  #failedWithoutStatement(text: StatementText, errorCode: string): void {
    const attempt = running(text);
    attempt.errorCode = errorCode;
    this.#record(attempt, 'answered');
  }

  #record(statement: Running, answer: 'answered' | 'unanswered'): void {
    if (statement.recorded) return;
    statement.recorded = true;
    try {
      this.#observer.finished(finishedStatement(statement, performance.now(), answer));
    } catch (thrown) {
      this.failure ??= thrown;
    }
  }
}
