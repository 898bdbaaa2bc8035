import { connect, type Socket } from 'node:net';
import { offeredCapabilities } from '../../packages/server/src/engines/mysql/client-settings.ts';
import { overStream, PacketExchange } from '../../packages/server/src/engines/mysql/packet-exchange.ts';
import { cString, handshakeResponse, packet } from '../../packages/server/src/engines/mysql/packets.ts';
import { capability } from '../../packages/server/src/engines/mysql/protocol.ts';
import { parseServerGreeting } from '../../packages/server/src/engines/mysql/server-greeting.ts';

/** How the answer to a command ends. */
export type ReplyKind = 'ok' | 'result' | 'prepare' | 'rows' | 'one' | 'none';

/** What a test may choose of its session. */
export interface ScriptedClientOptions {
  readonly port: number;
  readonly capabilities?: number;
  readonly database?: string;
}

/**
 * A client that says exactly what a test wants, also what no driver says. It signs in through a door on loopback with
 * the token `token`, and reads answers packet by packet: its view of where they end is not the relay's.
 */
export class ScriptedMysqlClient {
  readonly socket: Socket;
  readonly connectionId: number;
  /** The OK that let it in. */
  readonly welcome: Buffer;
  readonly #deprecatesEof: boolean;
  readonly #stream: ReturnType<typeof overStream>;

  private constructor(socket: Socket, connectionId: number, capabilities: number, welcome: Buffer) {
    this.socket = socket;
    this.connectionId = connectionId;
    this.welcome = welcome;
    this.#deprecatesEof = (capabilities & capability.deprecateEof) !== 0;
    this.#stream = overStream(socket);
  }

  static async connect({
    port,
    capabilities = offeredCapabilities,
    database = '',
  }: ScriptedClientOptions): Promise<ScriptedMysqlClient> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const exchange = new PacketExchange(overStream(socket), 0xff_ffff, (fault) => new Error(fault));
    const payload = await exchange.receive();
    const greeting = parseServerGreeting(payload === 'ended' ? Buffer.alloc(0) : payload);
    if (greeting.kind !== 'greeting') throw new Error('no greeting');
    exchange.send(
      handshakeResponse({
        capabilities,
        collation: 45,
        user: 'anyone',
        authData: cString('token'),
        database,
        plugin: 'mysql_clear_password',
        attributes: [],
      }),
    );
    const answer = await exchange.receive();
    if (answer === 'ended' || answer[0] !== 0) throw new Error(`not let in: ${String(answer)}`);
    return new ScriptedMysqlClient(socket, greeting.connectionId, capabilities, answer);
  }

  /** Sends the payload as a new command, in as many packets as it needs. */
  send(payload: Buffer): void {
    const most = 0xff_ffff;
    let sequence = 0;
    let at = 0;
    for (; payload.length - at >= most; at += most, sequence += 1) {
      this.socket.write(Buffer.from([0xff, 0xff, 0xff, sequence]));
      this.socket.write(payload.subarray(at, at + most));
    }
    this.socket.write(packet(sequence, payload.subarray(at)));
  }

  /** Sends a command and reads its answer, whose first packet has the number behind the command's last. */
  async ask(payload: Buffer, kind: ReplyKind, firstSequence = 1): Promise<readonly Buffer[]> {
    this.send(payload);
    return await this.read(kind, firstSequence);
  }

  /** The payloads of one answer. @throws Error when a packet is out of order */
  async read(kind: ReplyKind, firstSequence = 1): Promise<readonly Buffer[]> {
    const packets: Buffer[] = [];
    let sequence = firstSequence;
    const next = async (): Promise<Buffer> => {
      const parts: Buffer[] = [];
      for (;;) {
        const { payload, sequence: given } = await this.readPacket();
        if (given !== sequence) throw new Error(`packet ${given} where ${sequence} was expected`);
        sequence = (sequence + 1) & 0xff;
        parts.push(payload);
        if (payload.length < 0xff_ffff) break;
      }
      const whole = Buffer.concat(parts);
      packets.push(whole);
      return whole;
    };
    const isEnd = (payload: Buffer) =>
      payload[0] === 0xff || (payload[0] === 0xfe && payload.length < (this.#deprecatesEof ? 0xff_ffff : 9));
    const rows = async (): Promise<Buffer> => {
      for (;;) {
        const payload = await next();
        if (isEnd(payload)) return payload;
      }
    };
    const definitions = async (count: number): Promise<Buffer | undefined> => {
      let last: Buffer | undefined;
      const ends = count > 0 && !this.#deprecatesEof ? 1 : 0;
      for (let left = count + ends; left > 0; left -= 1) last = await next();
      return last;
    };

    if (kind === 'none') return packets;
    if (kind === 'rows') await rows();
    else if (kind === 'one' || kind === 'ok') await next();
    else if (kind === 'prepare') {
      const head = await next();
      if (head[0] === 0) {
        await definitions(head.readUInt16LE(7));
        await definitions(head.readUInt16LE(5));
      }
    } else {
      for (let more = true; more; ) {
        const head = await next();
        let end: Buffer | undefined = head;
        if (head[0] !== 0 && head[0] !== 0xff) {
          const last = await definitions(head[0] ?? 0);
          const flags = last?.[0] === 0xfe && last.length === 5 ? last.readUInt16LE(3) : 0;
          end = (flags & 0x48) === 0x40 ? last : await rows();
          // Before the row of OUT parameters alone it is said that more follows.
          if ((flags & 0x1008) === 0x1008 && end?.[0] !== 0xff) continue;
        }
        more = end !== undefined && end[0] !== 0xff && (statusOf(end) & 0x8) !== 0;
      }
    }
    return packets;
  }

  async readPacket(): Promise<{ readonly payload: Buffer; readonly sequence: number }> {
    const header = await this.#stream.read(4);
    if (header === 'ended') throw new Error('the connection ended');
    const length = header.readUIntLE(0, 3);
    const payload = length === 0 ? Buffer.alloc(0) : await this.#stream.read(length);
    if (payload === 'ended') throw new Error('the connection ended');
    return { payload, sequence: header.readUInt8(3) };
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.socket) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  leave(): void {
    this.socket.end(packet(0, Buffer.of(1)));
  }
}

/** Of an EOF packet, or of an OK with small numbers, where it stands at the same place. */
function statusOf(payload: Buffer): number {
  return payload.readUInt16LE(3);
}

/** The bytes of a value in a text row. */
export function textRow(payload: Buffer): readonly (string | null)[] {
  const values: (string | null)[] = [];
  for (let at = 0; at < payload.length; ) {
    const length = payload[at] ?? 0;
    at += 1;
    if (length === 0xfb) values.push(null);
    else {
      values.push(payload.toString('utf8', at, at + length));
      at += length;
    }
  }
  return values;
}

/** A command: its code, then what follows. */
export function mysqlCommand(code: number, ...parts: readonly (Buffer | string | number)[]): Buffer {
  const bytes = parts.map((part) => {
    if (typeof part !== 'number') return Buffer.from(part);
    const word = Buffer.alloc(4);
    word.writeUInt32LE(part);
    return word;
  });
  return Buffer.concat([Buffer.of(code), ...bytes]);
}
