import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One message of the server: its type letter and its body, without the length. */
export interface RawMessage {
  readonly type: string;
  readonly body: Buffer;
}

export interface RawPostgresOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Sent when the server asks for it in clear. */
  readonly password?: string;
  /** Further startup parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A PostgreSQL client that says exactly the bytes that a test wants: for messages that no driver sends. */
export class RawPostgres {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);

  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // An error is followed by "close", which says all that a reader needs.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Connects in clear and signs in; gives what the server said until it was ready, or until its refusal. */
  static async connect(
    options: RawPostgresOptions,
  ): Promise<{ readonly client: RawPostgres; readonly greeting: readonly RawMessage[] }> {
    const socket = connect(options.port, options.host);
    await once(socket, 'connect');
    const client = new RawPostgres(socket);
    const parameters = { user: options.user, database: options.database, ...options.parameters };
    const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
    const body = Buffer.from(`${text.join('')}\0`);
    client.write(Buffer.concat([int32(body.length + 8), int32(196_608), body]));
    const greeting: RawMessage[] = [];
    for (;;) {
      const message = await client.read();
      greeting.push(message);
      if (message.type === 'R' && message.body.readInt32BE(0) === 3) {
        client.send('p', Buffer.from(`${options.password ?? ''}\0`));
      }
      if (message.type === 'Z' || message.type === 'E') return { client, greeting };
    }
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  send(type: string, body: Buffer): void {
    this.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  }

  /** The next message. @throws when the server closes the connection first */
  async read(): Promise<RawMessage> {
    for (;;) {
      const length = this.#received.length < 5 ? Number.POSITIVE_INFINITY : this.#received.readInt32BE(1) + 1;
      if (this.#received.length >= length) {
        const type = this.#received.toString('latin1', 0, 1);
        const body = this.#received.subarray(5, length);
        this.#received = this.#received.subarray(length);
        return { type, body };
      }
      if (this.#closed) throw new Error('the server closed the connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Messages up to and with the next ReadyForQuery. */
  async readUntilReady(): Promise<readonly RawMessage[]> {
    const messages: RawMessage[] = [];
    for (;;) {
      const message = await this.read();
      messages.push(message);
      if (message.type === 'Z') return messages;
    }
  }

  /** One simple query; gives the first column of each row as text. */
  async query(text: string): Promise<readonly string[]> {
    this.send('Q', Buffer.from(`${text}\0`));
    const messages = await this.readUntilReady();
    return messages
      .filter(({ type }) => type === 'D')
      .map(({ body }) => body.toString('utf8', 6, 6 + body.readInt32BE(2)));
  }

  /** FunctionCall with text arguments: no SQL at all. Gives the SQLSTATE of the refusal, or `done`. */
  async call(oid: number, args: readonly string[]): Promise<string> {
    const encoded = args.flatMap((arg) => [int32(Buffer.byteLength(arg)), Buffer.from(arg)]);
    this.send('F', Buffer.concat([int32(oid), int16(0), int16(args.length), ...encoded, int16(0)]));
    const refusal = (await this.readUntilReady()).find(({ type }) => type === 'E');
    return refusal === undefined ? 'done' : sqlstate(refusal);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The SQLSTATE of an ErrorResponse. */
export function sqlstate({ body }: RawMessage): string {
  const field = body
    .toString('utf8')
    .split('\0')
    .find((text) => text.startsWith('C'));
  return field?.slice(1) ?? '';
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
