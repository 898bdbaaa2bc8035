import type { Duplex } from 'node:stream';
import { readExactly } from '../framing/index.ts';
import { packet } from './packets.ts';
import { headerBytes } from './protocol.ts';

/** What an exchange runs over: the bare socket first, TLS or a wire afterwards. */
export interface Transport {
  /** Exactly `size` (1 or more) bytes, `ended` when the other side is gone before that. */
  read(size: number): Promise<Buffer | 'ended'>;
  write(bytes: Buffer): void;
}

/** A stream that is not flowing as what an exchange runs over. */
export function overStream(stream: Duplex): Transport {
  return {
    read: (size) => readExactly(stream, size),
    write: (bytes) => {
      stream.write(bytes);
    },
  };
}

/** What a header can say that no honest peer sends here. */
export type HeaderFault = 'too_long' | 'out_of_order';

/**
 * The packets of a login, which the two sides number together: every packet, whoever sends it, has the next sequence
 * id. Both roles use it. A packet is taken whole, up to `mostBytes`, which is checked before anything is allocated.
 */
export class PacketExchange {
  transport: Transport;
  readonly #mostBytes: number;
  readonly #fault: (fault: HeaderFault, header: Buffer) => Error;
  #sequence = 0;

  /** `fault` makes the error that {@link PacketExchange.receive} throws. */
  constructor(transport: Transport, mostBytes: number, fault: (fault: HeaderFault, header: Buffer) => Error) {
    this.transport = transport;
    this.#mostBytes = mostBytes;
    this.#fault = fault;
  }

  /** The sequence id that the next packet has. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The payload of the next packet. @throws what the constructor was given for faults */
  async receive(): Promise<Buffer | 'ended'> {
    const header = await this.transport.read(headerBytes);
    if (header === 'ended') return 'ended';
    if (header.readUInt8(3) !== this.#sequence) throw this.#fault('out_of_order', header);
    const length = header.readUIntLE(0, 3);
    if (length > this.#mostBytes) throw this.#fault('too_long', header);
    this.#advance();
    return length === 0 ? Buffer.alloc(0) : await this.transport.read(length);
  }

  /** Sends a payload as the next packet. */
  send(payload: Buffer): void {
    const bytes = packet(this.#sequence, payload);
    this.#advance();
    this.transport.write(bytes);
  }

  #advance(): void {
    this.#sequence = (this.#sequence + 1) & 0xff;
  }
}
