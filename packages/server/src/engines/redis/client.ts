import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Refusal, Secret } from '../../core/index.ts';
import type { Accepted, CancelKey, Client, Upstream } from '../engine.ts';
import { endWith } from '../framing/index.ts';
import { toSettings } from './client-settings.ts';
import { refusalReply, simpleReply } from './messages.ts';
import type { RespVersion } from './protocol.ts';
import type { Credential } from './sign-in-command.ts';
import { RedisUpstream } from './upstream.ts';

/** What accepting a client has found out. */
export interface AcceptedSignIn {
  readonly socket: Duplex;
  readonly encrypted: boolean;
  readonly credential: Credential;
  /** Present when HELLO brought the credential; AUTH leaves the connection as it is. */
  readonly hello: { readonly protocol: RespVersion; readonly name: string } | undefined;
  /** False when nothing of the client asked for a sign-in, so that nothing answers it. */
  readonly answered?: false;
  /** Goes on reading commands until the next credential; absent after the last try. */
  readonly tryAgain: (() => Promise<Accepted>) | undefined;
}

/** A client whose credential was read. Its socket does not flow until the relay begins. */
export class RedisClient implements Client {
  readonly socket: Duplex;
  readonly credential: Secret;
  readonly userHint: string;
  /** A token is for one database; numbers within a server are no names. */
  readonly databaseHint = '';
  readonly application: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly encrypted: boolean;
  readonly protocol: RespVersion;
  readonly #hello: AcceptedSignIn['hello'];
  readonly #answered: boolean;
  readonly #tryAgain: AcceptedSignIn['tryAgain'];

  constructor({ socket, encrypted, credential, hello, answered, tryAgain }: AcceptedSignIn) {
    this.socket = socket;
    this.encrypted = encrypted;
    this.credential = credential.token;
    this.userHint = credential.user;
    this.application = hello?.name ?? '';
    this.protocol = hello?.protocol ?? 2;
    this.settings = toSettings({ protocol: this.protocol, name: this.application });
    this.#hello = hello;
    this.#answered = answered !== false;
    this.#tryAgain = tryAgain;
  }

  /** A client has no way to cancel; the key only has to be nobody else's. */
  mintCancelKey(): CancelKey {
    const bytes = randomBytes(16);
    return { id: bytes.toString('hex'), bytes };
  }

  async refuse(refusal: Refusal): Promise<void> {
    await endWith(this.socket, refusalReply(refusal));
  }

  /** Servers let a client try another password. When the fault is not the token's, trying again brings nothing. */
  async retry(refusal: Refusal): Promise<Accepted> {
    const isAboutToken = ['NOAUTH', 'WRONGPASS'].includes(refusal.native.redis);
    if (this.#tryAgain === undefined || !isAboutToken) {
      await this.refuse(refusal);
      return { kind: 'left' };
    }
    this.socket.write(refusalReply(refusal));
    return await this.#tryAgain();
  }

  welcome(upstream: Upstream): void {
    if (!(upstream instanceof RedisUpstream)) throw new TypeError('a Redis client needs its own upstream');
    if (!this.#answered) return;
    this.socket.write(this.#hello === undefined ? simpleReply('OK') : upstream.greeting);
  }
}
