import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Secret } from '../../packages/server/src/core/index.ts';
import { ScramExchange } from '../../packages/server/src/engines/postgres/scram.ts';
import { Arrivals } from './arrivals.ts';
import { cStrings, int16, int32 } from './postgres-messages.ts';

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
  /** Sent when the server asks for it in clear, or proved by SCRAM. */
  readonly password?: string;
  /** Further startup parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A PostgreSQL client that says exactly the bytes that a test wants: for messages that no driver sends. */
export class RawPostgres {
  readonly socket: Socket;
  #partial: Buffer = Buffer.alloc(0);
  readonly #messages = new Arrivals<RawMessage>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    // An error is followed by "close", which says all that a reader needs.
    socket.on('error', () => {});
    socket.on('close', () => this.#messages.end());
  }

  /** Connects, and says nothing. */
  static async open(host: string, port: number): Promise<RawPostgres> {
    const socket = connect({ port, host, noDelay: true });
    await once(socket, 'connect');
    return new RawPostgres(socket);
  }

  /** Connects in clear and signs in; gives what the server said until it was ready, or until its refusal. */
  static async connect(
    options: RawPostgresOptions,
  ): Promise<{ readonly client: RawPostgres; readonly greeting: readonly RawMessage[] }> {
    const client = await RawPostgres.open(options.host, options.port);
    const { user, database, parameters, password = '' } = options;
    const body = Buffer.concat([
      cStrings(...Object.entries({ user, database, ...parameters }).flat()),
      Buffer.of(0),
    ]);
    client.write(Buffer.concat([int32(body.length + 8), int32(196_608), body]));
    const scram = new ScramExchange(
      { mechanism: 'SCRAM-SHA-256', gs2Header: 'n,,', bindingData: Buffer.alloc(0) },
      new Secret(password),
    );
    const greeting: RawMessage[] = [];
    for (;;) {
      const message = await client.read();
      greeting.push(message);
      if (message.type === 'R') await answerAuthentication(client, message.body, password, scram);
      if (message.type === 'Z' || message.type === 'E') return { client, greeting };
    }
  }

  /** True once the other side has closed, or {@link RawPostgres.close} was called. */
  get closed(): boolean {
    return this.#messages.ended;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  send(type: string, body: Buffer): void {
    this.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  }

  /** The next message. @throws when the server closes the connection first */
  async read(): Promise<RawMessage> {
    return await this.#messages.next();
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
    this.send('Q', cStrings(text));
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
    this.socket.destroy();
  }

  #received(chunk: Buffer): void {
    const bytes = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    let at = 0;
    while (bytes.length - at >= 5) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) break;
      this.#messages.add({ type: bytes.toString('latin1', at, at + 1), body: bytes.subarray(at + 5, end) });
      at = end;
    }
    this.#partial = bytes.subarray(at);
  }
}

/** Answers password in clear and SCRAM-SHA-256; any other method is left unanswered, so that the server ends it. */
async function answerAuthentication(
  client: RawPostgres,
  body: Buffer,
  password: string,
  scram: ScramExchange,
): Promise<void> {
  const rest = body.subarray(4);
  switch (body.readInt32BE(0)) {
    case 3:
      return client.send('p', cStrings(password));
    case 10: {
      const first = Buffer.from(scram.clientFirst());
      return client.send('p', Buffer.concat([cStrings('SCRAM-SHA-256'), int32(first.length), first]));
    }
    case 11:
      return client.send('p', Buffer.from(await scram.clientFinal(rest.toString())));
  }
}

/** Sends a CancelRequest with the body of a BackendKeyData; resolves when the other side has closed. */
export async function requestCancel(host: string, port: number, key: Buffer): Promise<void> {
  const socket = connect({ port, host });
  socket.on('error', () => {});
  socket.end(Buffer.concat([int32(8 + key.length), int32(80_877_102), key]));
  socket.resume();
  await once(socket, 'close');
}

/** The SQLSTATE of an ErrorResponse. */
export function sqlstate({ body }: RawMessage): string {
  const field = body
    .toString('utf8')
    .split('\0')
    .find((text) => text.startsWith('C'));
  return field?.slice(1) ?? '';
}
