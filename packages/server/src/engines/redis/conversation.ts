import type { StatementObserver } from '../engine.ts';
import { type Exchange, ExpectedReplies } from '../relaying/index.ts';
import { type Asked, expecting, finishedCommand, type Outcome } from './asked.ts';
import type { RespVersion } from './protocol.ts';
import { Subscriptions } from './subscriptions.ts';

/** Queued commands whose outcome waits for EXEC; the rest of a longer transaction is recorded when it is queued. */
const mostQueued = 1_024;

/** How an answer looked from outside. */
export interface Answer {
  /** The first word of an error. */
  readonly errorCode: string | undefined;
  /** The server will run the command with EXEC. */
  readonly queued: boolean;
  /** Elements or pairs of an aggregate; -1 for anything else. */
  readonly length: number;
  /** `performance.now()` when the last of it came. */
  readonly arrivedAt: number;
}

/**
 * What both sides have said to each other, as far as it matters for two questions: which command does an answer
 * belong to, and is the connection proved idle? Every command has one answer, in order, except the subscriptions; a
 * push of RESP3, and a message to a subscriber in RESP2, is no answer. What does not fit puts the session in doubt for
 * good, and a connection in doubt is never used again.
 */
export class Conversation implements Exchange {
  readonly #observer: StatementObserver;
  readonly #expected = new ExpectedReplies<Asked>();
  readonly subscriptions = new Subscriptions();
  /** What the answers are written in. */
  protocol: RespVersion;
  failure: unknown;
  statements = 0;
  /** The server queues commands, as its answers say. */
  #inTransaction = false;
  #multisAsked = 0;
  #queued: (Asked | undefined)[] = [];
  /** The server may say something at any time that belongs to this client. */
  tracking = false;
  #doubt = false;
  readonly #onReadOnly: () => void;

  /** Calls `onReadOnly` when the server refused a write because it is a replica. */
  constructor(observer: StatementObserver, protocol: RespVersion, onReadOnly: () => void) {
    this.#observer = observer;
    this.protocol = protocol;
    this.#onReadOnly = onReadOnly;
  }

  get unanswered(): number {
    return this.#expected.length;
  }

  get idle(): boolean {
    return (
      this.#expected.length === 0 &&
      !this.#inTransaction &&
      this.subscriptions.count === 0 &&
      !this.tracking &&
      !this.#doubt
    );
  }

  /** Whether a command that is sent now would be queued; `unsure` until everything before it is answered. */
  get inTransaction(): boolean | 'unsure' {
    if (!this.#inTransaction && this.#multisAsked === 0) return false;
    return this.unanswered > 0 ? 'unsure' : this.#inTransaction;
  }

  /** Whether the client has only a subscriber's commands. */
  get isSubscriber(): boolean {
    return this.protocol === 2 && this.subscriptions.count > 0;
  }

  get next(): Asked | undefined {
    return this.#expected.next;
  }

  get nextKind(): number {
    return this.#expected.nextType;
  }

  /** From the client: a command that was forwarded. */
  ask(kind: number, asked: Asked): void {
    if (kind !== expecting.own) this.statements += 1;
    if (kind === expecting.multi) this.#multisAsked += 1;
    this.#expected.add(kind, asked);
  }

  /** From the server, as are those below: the answer to the command that is next. */
  answered(answer: Answer): void {
    const kind = this.#expected.nextType;
    const asked = this.#expected.next;
    if (asked === undefined) {
      this.#doubt = true;
      return;
    }
    this.#expected.shift();
    if (kind === expecting.multi) this.#multisAsked -= 1;
    if (answer.errorCode === 'READONLY') {
      // Nobody else should get this connection.
      this.#doubt = true;
      this.#onReadOnly();
    }
    const failed = answer.errorCode !== undefined;
    if (this.#inTransaction && answer.queued) {
      this.#queue(asked);
      return;
    }
    if (kind === expecting.multi && !failed) this.#inTransaction = true;
    if (kind === expecting.discard && !failed) this.#endTransaction();
    // Every answer of EXEC ends the transaction, also an error. Its elements were told one by one.
    if (kind === expecting.exec) this.#endTransaction();
    // A confirmation comes as an array or a push, which are told apart before.
    if (kind === expecting.subscription && !failed) this.#doubt = true;
    this.#record(asked, outcomeOf(answer), answer.arrivedAt);
  }

  /** What the command at this place of a transaction answered. */
  executed(index: number, errorCode: string | undefined): void {
    const asked = this.#queued[index];
    this.#queued[index] = undefined;
    if (asked === undefined) return;
    this.#record(asked, errorCode === undefined ? succeeded : { outcome: 'failed', errorCode });
  }

  /** A confirmation of a subscription or its end, with the number that it carries. */
  confirmed(word: string, total: number): void {
    const asked = this.#expected.nextType === expecting.subscription ? this.#expected.next : undefined;
    const subscription = asked?.subscription;
    if (asked === undefined || subscription?.word !== word) {
      // A server ends subscriptions by itself too, for example when a slot moves.
      this.subscriptions.confirmed(word, total);
      this.#doubt = true;
      return;
    }
    if (subscription.missing === 'all') subscription.missing = this.subscriptions.confirmationsOfAll(word);
    this.subscriptions.confirmed(word, total);
    subscription.missing -= 1;
    if (subscription.missing > 0) return;
    this.#expected.shift();
    this.#record(asked, succeeded);
  }

  /** The whole answer to our own command. */
  took(reply: Buffer): void {
    const take = this.#expected.next?.take;
    this.#expected.shift();
    take?.(reply);
  }

  /** RESET put the session back. */
  wasReset(): void {
    this.#endTransaction();
    this.subscriptions.clear();
    this.protocol = 2;
  }

  abandon(): void {
    for (const [, asked] of this.#expected.entries()) {
      if (asked !== undefined) this.#record(asked, { outcome: 'unfinished' });
    }
    this.#endTransaction();
    this.#doubt = true;
  }

  #queue(asked: Asked): void {
    if (asked.text !== undefined && this.#queued.length >= mostQueued) {
      this.#record(asked, { outcome: 'unfinished' });
      return;
    }
    this.#queued.push(asked);
  }

  /** What was queued and not run will not be. */
  #endTransaction(): void {
    this.#inTransaction = false;
    const queued = this.#queued;
    if (queued.length === 0) return;
    this.#queued = [];
    for (const asked of queued) {
      if (asked !== undefined) this.#record(asked, { outcome: 'unfinished' });
    }
  }

  #record(asked: Asked, end: Outcome, endedAt = performance.now()): void {
    const statement = finishedCommand(asked, end, endedAt);
    if (statement === undefined) return;
    try {
      this.#observer.finished(statement);
    } catch (thrown) {
      this.failure ??= thrown;
    }
  }
}

const succeeded: Outcome = { outcome: 'succeeded' };

function outcomeOf({ errorCode, length }: Answer): Outcome {
  if (errorCode !== undefined) return { outcome: 'failed', errorCode };
  return length >= 0 ? { outcome: 'succeeded', rows: length } : succeeded;
}
