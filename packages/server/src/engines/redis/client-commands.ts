import { Refusal } from '../../core/index.ts';
import type { StatementObserver } from '../engine.ts';
import type { ClientSide, ClientVerdict } from '../relaying/index.ts';
import { expecting, type Subscription } from './asked.ts';
import { argumentList, type Command, nameOf } from './command.ts';
import type { CommandHandler, Decision } from './command-scanner.ts';
import { CommandText } from './command-text.ts';
import type { Conversation } from './conversation.ts';
import { inspectCommand } from './inspect-command.ts';
import { secretCommands } from './key-positions.ts';
import { commandBytes, errorReply } from './messages.ts';
import { lockedReply, type OwnCommands, ownCommands } from './own-commands.ts';

/**
 * Stands at the server in the place of a refused command: an unknown name, which every server answers with one error
 * at the same place of the conversation, also within MULTI, where it spoils the transaction as it should.
 */
const refusedCommand = commandBytes('GRANTWAY.REFUSED');

/** What an HTTP request looks like; servers close over these two words without an answer, and so do we. */
const httpWords: ReadonlySet<string> = new Set(['POST', 'HOST:']);

const answerKinds: ReadonlyMap<string, number> = new Map([
  ['MULTI', expecting.multi],
  ['EXEC', expecting.exec],
  ['DISCARD', expecting.discard],
  ['SUBSCRIBE', expecting.subscription],
  ['UNSUBSCRIBE', expecting.subscription],
  ['PSUBSCRIBE', expecting.subscription],
  ['PUNSUBSCRIBE', expecting.subscription],
  ['SSUBSCRIBE', expecting.subscription],
  ['SUNSUBSCRIBE', expecting.subscription],
]);

interface ClientCommandsParts {
  readonly conversation: Conversation;
  readonly observer: StatementObserver;
  readonly own: Pick<OwnCommands, 'answer' | 'locked' | 'quit'>;
  /** The number of the database that the session is for. */
  readonly database: string;
  /** What is taken from the list of refused commands. */
  readonly allowed?: ReadonlySet<string>;
}

/** Decides about the client's commands as they pass: which go on, which are answered here, which are refused. */
export class ClientCommands implements CommandHandler, ClientSide {
  readonly #conversation: Conversation;
  readonly #observer: StatementObserver;
  readonly #own: ClientCommandsParts['own'];
  readonly #database: string;
  readonly #allowed: ReadonlySet<string> | undefined;
  verdict: ClientVerdict | undefined;
  #admitted = false;
  /** Of a command that is still arriving. */
  #text: CommandText | undefined;

  constructor({ conversation, observer, own, database, allowed }: ClientCommandsParts) {
    this.#conversation = conversation;
    this.#observer = observer;
    this.#own = own;
    this.#database = database;
    this.#allowed = allowed;
  }

  admitted(): void {
    this.#admitted = true;
  }

  command(command: Command): Decision {
    const name = nameOf(command, 0);
    if (httpWords.has(name)) return this.#refuse(new Refusal('wrong_protocol'));
    const kind = answerKinds.get(name) ?? expecting.reply;
    const isOwn = ownCommands.has(name);
    const locked = this.#own.locked ? lockedReply : undefined;
    if (isOwn || kind === expecting.subscription) {
      const { inTransaction } = this.#conversation;
      if (inTransaction === 'unsure') return this.#stop({ kind: 'turn' });
      const refused = inTransaction && name !== 'RESET' && name !== 'QUIT';
      if (isOwn && !refused) return this.#answerHere(name, command);
      if (refused) {
        return this.#forward(command, name, kind, errorReply(`ERR ${name} is not offered inside MULTI.`));
      }
    }
    const denied =
      locked === undefined ? inspectCommand(name, command, this.#database, this.#allowed) : undefined;
    return this.#forward(command, name, kind, denied === undefined ? locked : errorReply(denied));
  }

  argument(index: number, _length: number): number {
    return this.#text?.wanted(index) ?? 0;
  }

  leading(index: number, length: number, bytes: Buffer, start: number, end: number): void {
    this.#text?.add(index, length, bytes, start, end);
  }

  answered(): 'on' | 'stop' {
    if (!this.#own.quit) return 'on';
    this.verdict = { kind: 'terminated' };
    return 'stop';
  }

  malformed(what: string): void {
    // What came before it gets its answers, as servers do.
    this.verdict = { kind: 'refused', refusal: new Refusal('protocol_violation', { what }), inTurn: true };
  }

  /** Lets the command go on, or what stands for it when the client is told something else. */
  #forward(command: Command, name: string, kind: number, inPlace: Buffer | undefined): Decision {
    // What is refused may carry a secret, as a password in a command that nobody knows.
    const mayHaveSecret = inPlace !== undefined || secretCommands.has(name);
    const wantsParameters = this.#observer.wantsParameters && !mayHaveSecret;
    const known = name !== 'odd' && name !== 'impossible';
    const text = new CommandText(known ? name : 'unknown command', command.count, wantsParameters);
    const { bytes, arrived, starts, ends } = command;
    for (let index = 1; index < arrived; index += 1) {
      const start = starts[index] ?? 0;
      const end = ends[index] ?? start;
      text.add(index, end - start, bytes, start, end);
    }
    const { admit } = this.#observer;
    if (admit !== undefined && !this.#admitted) {
      return this.#stop({ kind: 'admission', admission: admit(text.toString(), text.parameters) });
    }
    this.#admitted = false;
    this.#text = command.complete ? undefined : text;

    if (name === 'CLIENT' && inPlace === undefined && nameOf(command, 1) === 'TRACKING') {
      this.#conversation.tracking = true;
    }
    const isSubscription = kind === expecting.subscription && inPlace === undefined;
    this.#conversation.ask(inPlace === undefined ? kind : expecting.reply, {
      text,
      startedAt: command.arrivedAt,
      inPlace,
      subscription: isSubscription ? subscriptionOf(name, command) : undefined,
      take: undefined,
    });
    return inPlace === undefined ? 'pass' : refusedCommand;
  }

  #answerHere(name: string, command: Command): Decision {
    if (!command.complete) return this.#refuse(new Refusal('login_too_large'));
    const args = argumentList(command);
    return this.#stop({ kind: 'local', answer: () => this.#own.answer(name, args) });
  }

  #refuse(refusal: Refusal): 'stop' {
    return this.#stop({ kind: 'refused', refusal });
  }

  #stop(verdict: ClientVerdict): 'stop' {
    this.verdict = verdict;
    return 'stop';
  }
}

function subscriptionOf(name: string, { count }: Command): Subscription {
  return { word: name.toLowerCase(), missing: count === 1 ? 'all' : count - 1 };
}
