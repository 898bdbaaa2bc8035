import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { writeThisTurn } from './turn-writes.ts';

/** Who is told of what happens on a {@link Wire}. */
export interface WireListener {
  /** Bytes that arrived; they belong to the listener. */
  received(bytes: Buffer): void;
  /** No more will arrive. Called once. */
  ended(): void;
  /** What was written has left; a writer that was told to stop may go on. */
  drained(): void;
}

/** A socket, or a stream to something in this process that plays the server. */
export type WireSocket = Duplex & Pick<Socket, 'destroySoon'> & Partial<Pick<Socket, 'remoteAddress'>>;

/** The most that a wire holds for somebody who has not asked for it yet. */
const mostUnread = 65_536;

/**
 * A socket to a database. During a login it is asked for exact byte counts ({@link Wire.read}); afterwards a
 * listener takes the bytes as they come. Nothing is lost between the two.
 */
export class Wire {
  readonly socket: WireSocket;
  #listener: WireListener | undefined;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #wake: (() => void) | undefined;
  #over = false;
  #failure: Error | undefined;

  constructor(socket: WireSocket) {
    this.socket = socket;
    socket.on('error', (cause: Error) => {
      this.#failure = cause;
      socket.destroy();
    });
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#end());
    socket.on('drain', () => this.#listener?.drained());
  }

  /** The server's address, while the socket is open; undefined inside of this process. */
  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  /** True once nothing more will arrive. */
  get over(): boolean {
    return this.#over;
  }

  /** What the connection ended with, when that was an error. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Whether bytes have arrived that nobody took yet. */
  get hasUnread(): boolean {
    return this.#unreadBytes > 0;
  }

  /** Called by whoever reads the socket. `bytes` must not change afterwards. */
  receive(bytes: Buffer): void {
    if (this.#listener !== undefined) {
      this.#listener.received(bytes);
      return;
    }
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    if (this.#unreadBytes >= mostUnread) this.socket.pause();
    this.#wake?.();
  }

  /** Takes exactly `size` (1 or more) bytes, `ended` when the socket is over before that. One call at a time. */
  async read(size: number): Promise<Buffer | 'ended'> {
    while (this.#unreadBytes < size) {
      if (this.#over) return 'ended';
      this.socket.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const all =
      this.#unread.length === 1 ? (this.#unread[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#unread);
    this.#unread = all.length === size ? [] : [all.subarray(size)];
    this.#unreadBytes = all.length - size;
    return all.subarray(0, size);
  }

  /** From now on `listener` hears of everything, first of what is unread already; it replaces the one before. */
  listen(listener: WireListener): void {
    this.#listener = listener;
    const unread = this.#unread;
    this.#unread = [];
    this.#unreadBytes = 0;
    for (const bytes of unread) listener.received(bytes);
    if (this.#over) listener.ended();
    else this.socket.resume();
  }

  /** Back to {@link Wire.read}: what arrives is kept until it is asked for. */
  unlisten(): void {
    this.#listener = undefined;
  }

  /** Sends bytes that the caller must not change any more; false asks to wait for {@link WireListener.drained}. */
  write(bytes: Buffer): boolean {
    return writeThisTurn(this.socket, bytes);
  }

  /** Closes at once, from both sides. */
  close(): void {
    this.socket.destroy();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#wake?.();
    this.#listener?.ended();
  }
}
