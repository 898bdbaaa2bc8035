import type { ServerSide } from '../relaying/index.ts';
import { expecting } from './asked.ts';
import type { Conversation } from './conversation.ts';
import { errorReply } from './messages.ts';
import { respType } from './protocol.ts';
import type { ReplyHandler, Treatment } from './reply-scanner.ts';
import { Subscriptions } from './subscriptions.ts';

/** Errors that tell a client to go to another server. It could not, and addresses of servers are nobody's business. */
const sendsElsewhere: ReadonlySet<string> = new Set(['MOVED', 'ASK', 'REDIRECT']);
const elsewhere = errorReply(
  'CROSSSLOT The keys of a transaction are on one node of the cluster. Where they are in one slot, it has just moved: try again.',
);
const queuedLine = 'QUEUED';

/** Reads the server's replies and pushes as they pass: what answers what, and how it ended. */
export class ServerReplies implements ReplyHandler, ServerSide {
  readonly #conversation: Conversation;
  halted = false;
  readonly fatal = false;
  readonly betweenMessages = true;

  /** What has begun. */
  #type = 0;
  #length = -1;
  #errorCode: string | undefined;
  #queued = false;
  /** Of an aggregate that is looked at: its first word, and the number at its end. */
  #word = '';
  #total = 0;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  begins(type: number, length: number, bytes: Buffer, lineStart: number, lineEnd: number): Treatment {
    if (this.halted) return 'stop';
    const { nextKind, next, isSubscriber } = this.#conversation;
    this.#type = type;
    this.#length = length;
    this.#errorCode = undefined;
    this.#queued = false;
    this.#word = '';
    if (type === respType.push || (type === respType.array && isSubscriber)) return 'look';
    if (nextKind === expecting.own) return 'take';
    if (type === respType.error) {
      const error = bytes.toString('latin1', lineStart + 1, Math.min(lineEnd, lineStart + 64));
      const inPlace = sendsElsewhere.has(firstWord(error)) ? elsewhere : next?.inPlace;
      this.#errorCode = firstWord(inPlace?.toString('latin1', 1, 64) ?? error);
      return inPlace ?? 'pass';
    }
    if (type === respType.simple) this.#queued = isQueued(bytes, lineStart + 1, lineEnd);
    const isLooked = nextKind === expecting.exec || nextKind === expecting.subscription;
    return type === respType.array && isLooked ? 'look' : 'pass';
  }

  element(index: number, type: number, bytes: Buffer, start: number, end: number): void {
    if (this.#type !== respType.push && this.#conversation.nextKind === expecting.exec) {
      const code =
        type === respType.error
          ? firstWord(bytes.toString('latin1', start, Math.min(end, start + 64)))
          : undefined;
      this.#conversation.executed(index, code);
      return;
    }
    if (index === 0) this.#word = bytes.toString('latin1', start, end);
    else if (index === 2 && type === respType.integer)
      this.#total = Number(bytes.toString('latin1', start, end));
  }

  ends(taken: Buffer | undefined, arrivedAt: number): boolean {
    const conversation = this.#conversation;
    if (taken !== undefined) conversation.took(taken);
    else if (Subscriptions.confirms(this.#word)) conversation.confirmed(this.#word, this.#total);
    else if (!this.#isMessage()) {
      const isAggregate =
        this.#type === respType.array || this.#type === respType.map || this.#type === respType.set;
      conversation.answered({
        errorCode: this.#errorCode,
        queued: this.#queued,
        length: isAggregate ? this.#length : -1,
        arrivedAt,
      });
    }
    // Nothing of what the audit could not take goes on.
    return conversation.failure === undefined;
  }

  /** Whether what ended came by itself. */
  #isMessage(): boolean {
    return this.#type === respType.push || messageWords.has(this.#word);
  }
}

/** How messages to a subscriber of RESP2 begin. */
const messageWords: ReadonlySet<string> = new Set(['message', 'pmessage', 'smessage']);

function isQueued(bytes: Buffer, start: number, end: number): boolean {
  return end - start === queuedLine.length && bytes.toString('latin1', start, end) === queuedLine;
}

function firstWord(line: string): string {
  return line.split(' ', 1)[0] ?? '';
}
