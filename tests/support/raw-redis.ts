import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ReplyScanner } from '../../packages/server/src/engines/redis/reply-scanner.ts';

/** Where a raw client connects, and as whom; without a password it does not sign in. */
export interface RawRedisTarget {
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  /** Default 2. */
  readonly protocol?: 2 | 3;
}

/** Speaks RESP by hand: sends any bytes, and gives whole replies (and pushes) as they came. */
export class RawRedis {
  readonly socket: Socket;
  readonly #replies: string[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    const scanner = new ReplyScanner({
      begins: () => 'take',
      element() {},
      ends: (reply) => {
        this.#replies.push(reply?.toString('latin1') ?? '');
        return true;
      },
    });
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      scanner.push(bytes);
      this.#wake?.();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  static async connect({ port, user, password, protocol = 2 }: RawRedisTarget): Promise<RawRedis> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new RawRedis(socket);
    await once(socket, 'connect');
    if (password !== undefined) {
      const greeting = await client.call('HELLO', String(protocol), 'AUTH', user ?? 'anyone', password);
      if (greeting.startsWith('-')) throw new Error(greeting);
    }
    return client;
  }

  /** Sends bytes as they are. */
  write(bytes: Buffer | string): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends a command. */
  send(...args: readonly string[]): void {
    this.write(command(...args));
  }

  /** The next reply or push; `ended` when the connection is over. */
  async read(): Promise<string> {
    while (this.#replies.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#replies.shift() ?? 'ended';
  }

  async readMany(count: number): Promise<readonly string[]> {
    const replies: string[] = [];
    while (replies.length < count) replies.push(await this.read());
    return replies;
  }

  async call(...args: readonly string[]): Promise<string> {
    this.send(...args);
    return await this.read();
  }

  /** Sends all commands in one write, and gives as many replies. */
  async pipeline(...commands: readonly (readonly string[])[]): Promise<readonly string[]> {
    this.write(commands.map((args) => command(...args)).join(''));
    return await this.readMany(commands.length);
  }

  /** Ends our side. */
  close(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** A command as an array of bulk strings; one character is one byte. */
export function command(...args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}
