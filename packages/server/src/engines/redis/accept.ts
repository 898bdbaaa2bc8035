import type { Duplex } from 'node:stream';
import { Refusal, Secret } from '../../core/index.ts';
import type { Accepted, Door } from '../engine.ts';
import { acceptTls, endWith, readExactly } from '../framing/index.ts';
import { type AcceptedSignIn, RedisClient } from './client.ts';
import { commandBytes, errorReply, refusalReply, simpleReply } from './messages.ts';
import { readCommand } from './read-command.ts';
import { helloNeedsAuth, noAuth, readAuth, readHello } from './sign-in-command.ts';

/** The first byte of a TLS record that carries a ClientHello. */
const tlsHandshakeRecord = 0x16;
/** Commands before a credential that is good: more than any client sends, and few enough to answer them unread. */
const mostCommands = 32;
/** Credentials on one connection. */
const mostTries = 3;

/**
 * A client's handshake up to its access token: TLS when its first byte says so, then commands until AUTH or HELLO
 * brings a token. Everything else is answered as a server answers a stranger. Nothing of the token's meaning is looked
 * at here. Ends with `left` when the socket is over, at whatever step.
 */
export async function accept(rawSocket: Duplex, door: Door): Promise<Accepted> {
  // A reset must not end the process; every step below notices that the socket is over.
  rawSocket.on('error', () => rawSocket.destroy());
  let socket = rawSocket;
  try {
    const firstByte = await readExactly(socket, 1);
    if (firstByte === 'ended') return { kind: 'left' };
    socket.unshift(firstByte);
    const encrypted = firstByte[0] === tlsHandshakeRecord;
    if (encrypted) {
      if (door.tls === undefined) throw new Refusal('wrong_protocol');
      const tls = await acceptTls(socket, { ...door, tls: door.tls });
      if (tls === 'left') return { kind: 'left' };
      socket = tls;
    }
    // Before the first command is read: it has the token in it, and must not be answered as if it had been safe.
    if (!encrypted && !door.clearTextAllowed)
      throw new Refusal('token_unsafe_transport', { how: 'redis-cli --tls, rediss:// in an address' });
    return await new SignIn(socket, encrypted, door.signedIn?.() === true).next();
  } catch (thrown) {
    return await refused(socket, thrown);
  }
}

/** The commands of a client that has not signed in. */
class SignIn {
  readonly #socket: Duplex;
  readonly #encrypted: boolean;
  /** Whether a certificate signs the client in: then a command need not wait for a credential. */
  readonly #signedIn: boolean;
  #commands = 0;
  #tries = 0;

  constructor(socket: Duplex, encrypted: boolean, signedIn: boolean) {
    this.#signedIn = signedIn;
    this.#socket = socket;
    this.#encrypted = encrypted;
  }

  /** Reads up to the next credential. @throws Refusal */
  async next(): Promise<Accepted> {
    for (; this.#commands < mostCommands; this.#commands += 1) {
      const args = await readCommand(this.#socket);
      if (args === 'ended') return { kind: 'left' };
      const name = args[0]?.toString('latin1', 0, 64).toUpperCase();
      switch (name) {
        case 'AUTH':
        case 'HELLO': {
          const client = this.#signIn(name, args);
          if (client !== undefined) return { kind: 'login', client };
          break;
        }
        case 'QUIT':
          await endWith(this.#socket, simpleReply('OK'));
          return { kind: 'left' };
        case 'RESET':
          this.#socket.write(simpleReply('RESET'));
          break;
        case 'POST':
        case 'HOST:':
          throw new Refusal('wrong_protocol');
        default:
          if (this.#signedIn) return { kind: 'login', client: this.#withoutCredential(args) };
          this.#socket.write(errorReply(noAuth));
      }
    }
    throw new Refusal('protocol_violation', { what: 'too many commands before a sign-in' });
  }

  /** The client, when the command has a credential; otherwise it was answered. */
  #signIn(name: 'AUTH' | 'HELLO', args: readonly Buffer[]): RedisClient | undefined {
    const asked = name === 'AUTH' ? readAuth(args) : readHello(args);
    if (asked.kind === 'hello' && asked.credential === undefined && this.#signedIn)
      return new RedisClient({
        ...this.#unnamed(),
        hello: { protocol: asked.protocol ?? 2, name: asked.name ?? '' },
      });
    if (asked.kind === 'wrong' || asked.credential === undefined) {
      this.#socket.write(errorReply(asked.kind === 'wrong' ? asked.error : helloNeedsAuth));
      return undefined;
    }
    this.#tries += 1;
    const signIn: AcceptedSignIn = {
      socket: this.#socket,
      encrypted: this.#encrypted,
      credential: asked.credential,
      hello: asked.kind === 'auth' ? undefined : { protocol: asked.protocol ?? 2, name: asked.name ?? '' },
      tryAgain: this.#tries < mostTries ? () => this.#again() : undefined,
    };
    return new RedisClient(signIn);
  }

  /** The client is let in before its command, which is put back for the relay. */
  #withoutCredential(args: readonly Buffer[]): RedisClient {
    this.#socket.unshift(commandBytes(...args));
    return new RedisClient({ ...this.#unnamed(), hello: undefined, answered: false });
  }

  #unnamed() {
    const credential = { user: '', token: new Secret('') };
    return { socket: this.#socket, encrypted: this.#encrypted, credential, tryAgain: undefined };
  }

  async #again(): Promise<Accepted> {
    try {
      return await this.next();
    } catch (thrown) {
      return await refused(this.#socket, thrown);
    }
  }
}

/** What speaks another protocol gets no answer that it could take for one of its own. */
async function refused(socket: Duplex, thrown: unknown): Promise<Accepted> {
  if (!(thrown instanceof Refusal)) throw thrown;
  const silent = thrown.code === 'wrong_protocol';
  await endWith(socket, silent ? Buffer.alloc(0) : refusalReply(thrown));
  return { kind: 'refused', refusal: thrown };
}
