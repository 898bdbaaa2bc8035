import { Refusal, type Secret, toRefusal } from '../../core/index.ts';
import type { StatementObserver } from '../engine.ts';
import { expecting } from './asked.ts';
import type { Conversation } from './conversation.ts';
import { commandBytes, errorReply, refusalReply, simpleReply } from './messages.ts';
import { parseError } from './reply.ts';
import { type Credential, helloNeedsAuth, noAuth, readAuth, readHello } from './sign-in-command.ts';
import type { RedisUpstream } from './upstream.ts';

/** Failed sign-ins during one session; the next one ends it. */
const mostFailures = 4;

/**
 * The commands that are about who the client is, answered without the server: AUTH and HELLO with a token, RESET,
 * QUIT. A server lets nobody forbid them, and RESET makes its user `default`.
 *
 * Called when everything before the command is answered.
 */
export class OwnCommands {
  readonly #upstream: RedisUpstream;
  readonly #conversation: Conversation;
  readonly #reauthenticate: StatementObserver['reauthenticate'];
  #failures = 0;
  /** After RESET: nothing but a new sign-in is served. */
  locked = false;
  /** After QUIT. */
  quit = false;

  constructor(
    upstream: RedisUpstream,
    conversation: Conversation,
    reauthenticate: StatementObserver['reauthenticate'],
  ) {
    this.#upstream = upstream;
    this.#conversation = conversation;
    this.#reauthenticate = reauthenticate;
  }

  /** The answer to one of {@link ownCommands}. @throws Refusal when the session must end */
  async answer(name: string, args: readonly Buffer[]): Promise<Buffer> {
    switch (name) {
      case 'AUTH':
        return await this.#signIn(name, args);
      case 'HELLO':
        return await this.#signIn(name, args);
      case 'RESET':
        if (args.length > 1) return errorReply("ERR wrong number of arguments for 'reset' command");
        return await this.#reset();
      default:
        this.quit = true;
        return simpleReply('OK');
    }
  }

  async #signIn(name: 'AUTH' | 'HELLO', args: readonly Buffer[]): Promise<Buffer> {
    if (this.#conversation.isSubscriber) {
      return errorReply(
        `ERR Can't execute '${name.toLowerCase()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are ` +
          'allowed in this context',
      );
    }
    const asked = name === 'AUTH' ? readAuth(args) : readHello(args);
    if (asked.kind === 'wrong') return errorReply(asked.error);
    if (asked.credential === undefined && this.locked) return errorReply(helloNeedsAuth);
    const refusal = asked.credential === undefined ? undefined : await this.#verify(asked.credential);
    if (refusal !== undefined) return refusalReply(refusal);
    if (asked.kind === 'auth') return simpleReply('OK');

    const protocol = asked.protocol ?? this.#conversation.protocol;
    const setName = asked.name === undefined ? [] : ['SETNAME', asked.name];
    const [greeting = Buffer.alloc(0)] = await this.#ask(
      commandBytes('HELLO', String(protocol), ...setName),
      1,
    );
    if (parseError(greeting) === undefined) this.#conversation.protocol = protocol;
    return greeting;
  }

  /** The refusal that the client is told; undefined when the session lives on under the new token. */
  async #verify({ token }: Credential): Promise<Refusal | undefined> {
    try {
      await this.#renew(token);
      this.locked = false;
      this.#failures = 0;
      return undefined;
    } catch (thrown) {
      const refusal = toRefusal(thrown, '');
      this.#failures += 1;
      if (this.#failures > mostFailures) throw refusal;
      return refusal;
    }
  }

  async #renew(token: Secret): Promise<void> {
    if (this.#reauthenticate === undefined) {
      throw new Refusal('feature_not_offered', { what: 'Signing in again on this connection' });
    }
    await this.#reauthenticate(token);
  }

  /** RESET at the server, and the login again before anything else can be sent. */
  async #reset(): Promise<Buffer> {
    const login = this.#upstream.loginCommands({ protocol: 2, name: '' });
    const replies = await this.#ask(
      Buffer.concat([commandBytes('RESET'), login.bytes]),
      1 + login.replies,
      (reply) => {
        // At once: what follows is no message to a subscriber any more.
        if (reply.equals(resetReply)) this.#conversation.wasReset();
      },
    );
    const error = replies.map(parseError).find((text) => text !== undefined);
    if (error !== undefined || replies[0]?.equals(resetReply) !== true) {
      throw new Refusal('upstream_lost', {}, error);
    }
    this.locked = true;
    return resetReply;
  }

  /** Sends commands of our own; the client sees nothing of the answers. `seen` is told of each as it comes. */
  async #ask(
    commands: Buffer,
    replies: number,
    seen: (reply: Buffer) => void = () => {},
  ): Promise<readonly Buffer[]> {
    const taken = Array.from({ length: replies }, () => {
      const { promise, resolve } = Promise.withResolvers<Buffer>();
      const take = (reply: Buffer) => {
        seen(reply);
        resolve(reply);
      };
      this.#conversation.ask(expecting.own, {
        text: undefined,
        startedAt: 0,
        inPlace: undefined,
        subscription: undefined,
        take,
      });
      return promise;
    });
    this.#upstream.wire.write(commands);
    return await Promise.all(taken);
  }
}

const resetReply = simpleReply('RESET');

/** What {@link OwnCommands} answers. */
export const ownCommands: ReadonlySet<string> = new Set(['AUTH', 'HELLO', 'RESET', 'QUIT']);

/** What a client is told whose session waits for a new sign-in. */
export const lockedReply = errorReply(noAuth);
