import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Secret } from '../../packages/server/src/core/index.ts';
import { authenticate, firstProof } from '../../packages/server/src/engines/mysql/authenticate.ts';
import { parseOk } from '../../packages/server/src/engines/mysql/ok-packet.ts';
import { overStream } from '../../packages/server/src/engines/mysql/packet-exchange.ts';
import { handshakeResponse } from '../../packages/server/src/engines/mysql/packets.ts';
import { capability } from '../../packages/server/src/engines/mysql/protocol.ts';
import { parseServerGreeting } from '../../packages/server/src/engines/mysql/server-greeting.ts';
import { serverExchange } from '../../packages/server/src/engines/mysql/wire-commands.ts';
import { Arrivals } from './arrivals.ts';

/** One packet of the server. */
export interface RawPacket {
  readonly sequence: number;
  readonly payload: Buffer;
}

export interface PacketClientOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Proved, or encrypted with the server's key: this client does no TLS. */
  readonly password: string;
  readonly database: string;
  /** Added to those that every client has. */
  readonly capabilities: number;
  readonly collation?: number;
}

/** What a server said at a login. */
export interface PacketLogin {
  readonly client: PacketClient;
  /** The number that `KILL` takes. */
  readonly connectionId: number;
  /** The status flags of the OK that ended it. */
  readonly status: number;
}

/** What every client of our days can, and nothing that changes how answers look. */
const basicCapabilities =
  capability.longPassword |
  capability.longFlag |
  capability.connectWithDatabase |
  capability.protocol41 |
  capability.transactions |
  capability.secureConnection |
  capability.pluginAuth |
  capability.connectAttributes |
  capability.lengthEncodedAuth;

const mostPacketBytes = 0xff_ffff;

/**
 * A MySQL client that writes the bytes that it is given, and hands out what the server says packet by packet. Unlike
 * the scripted one it also signs in at a real server, and never judges what it reads.
 */
export class PacketClient {
  readonly socket: Socket;
  /** What came of a packet that is not complete, and how many bytes it needs before it is worth a look. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #wantedBytes = 0;
  readonly #packets = new Arrivals<RawPacket>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('close', () => this.#packets.end());
  }

  /** Connects in clear and signs in. @throws Error with the server's refusal */
  static async connect(options: PacketClientOptions): Promise<PacketLogin> {
    const { host, port, user, database, collation = 45 } = options;
    const socket = connect({ host, port, noDelay: true });
    // An error is followed by "close", which says all that a reader needs.
    socket.on('error', () => {});
    await once(socket, 'connect');
    const exchange = serverExchange(overStream(socket));
    const payload = await exchange.receive();
    if (payload === 'ended') throw new Error('the server closed the connection');
    const greeting = parseServerGreeting(payload);
    if (greeting.kind !== 'greeting') throw new Error(`no greeting: ${JSON.stringify(greeting)}`);

    const secret = { password: new Secret(options.password), tls: 'off' } as const;
    const first = { name: greeting.plugin, nonce: greeting.nonce };
    const { plugin, data } = firstProof(first, secret);
    const capabilities = basicCapabilities | options.capabilities;
    exchange.send(
      handshakeResponse({ capabilities, collation, user, authData: data, database, plugin, attributes: [] }),
    );
    const answer = await authenticate(exchange, first, secret);
    if (answer.outcome !== 'ok') throw new Error(`no login: ${JSON.stringify(answer)}`);
    const { connectionId } = greeting;
    const { status } = parseOk(answer.payload, 0, answer.payload.length);
    return { client: new PacketClient(socket), connectionId, status };
  }

  /** True once the other side has closed, or {@link PacketClient.close} was called. */
  get closed(): boolean {
    return this.#packets.ended;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next packet. @throws when the server closes the connection first */
  async read(): Promise<RawPacket> {
    return await this.#packets.next();
  }

  close(): void {
    this.socket.destroy();
  }

  #received(chunk: Buffer): void {
    this.#partial.push(chunk);
    this.#partialBytes += chunk.length;
    if (this.#partialBytes < this.#wantedBytes) return;
    const bytes = this.#partial.length === 1 ? chunk : Buffer.concat(this.#partial);
    let at = 0;
    this.#wantedBytes = 4;
    while (bytes.length - at >= 4) {
      const packetBytes = 4 + bytes.readUIntLE(at, 3);
      if (at + packetBytes > bytes.length) {
        this.#wantedBytes = packetBytes;
        break;
      }
      this.#packets.add({
        sequence: bytes.readUInt8(at + 3),
        payload: bytes.subarray(at + 4, at + packetBytes),
      });
      at += packetBytes;
    }
    this.#partial = [bytes.subarray(at)];
    this.#partialBytes = bytes.length - at;
  }
}

/** A command with its payload, in as many packets as it needs. */
export function commandBytes(payload: Buffer): Buffer {
  const packets: Buffer[] = [];
  for (let at = 0, sequence = 0; ; at += mostPacketBytes, sequence += 1) {
    const part = payload.subarray(at, at + mostPacketBytes);
    const header = Buffer.alloc(4);
    header.writeUIntLE(part.length, 0, 3);
    header.writeUInt8(sequence & 0xff, 3);
    packets.push(header, part);
    if (part.length < mostPacketBytes) return Buffer.concat(packets);
  }
}
