import type { Lease, LeftState } from '../../engine.ts';
import { ExpectedReplies } from '../../relaying/index.ts';
import type { RedisUpstream } from '../upstream.ts';
import { ReplySplitter } from './reply-splitter.ts';

/** The one type of entry that {@link ExpectedReplies} has here. */
const reply = 1;

/** What a shared connection calls of each that shares it. */
export interface Sharer {
  /** `bytes` belong to it; so many replies end in them. */
  told(bytes: Buffer, replies: number): void;
  /** The server takes commands again. */
  goOn(): void;
  /** The connection is over, and with it whatever was not answered. */
  lost(): void;
}

/**
 * A server connection under many seats. Each reply belongs to the seat whose command is the oldest without one; a seat
 * that left is still in that order, and its replies go nowhere. Any doubt about the order ends it for everybody.
 */
export class SharedConnection {
  readonly upstream: RedisUpstream;
  readonly #lease: Lease;
  readonly #onEnd: () => void;
  readonly #asked = new ExpectedReplies<Sharer>();
  readonly #splitter = new ReplySplitter();
  readonly #seats = new Set<Sharer>();
  /** Seats whose clients do not read what they asked for. */
  readonly #stalled = new Set<Sharer>();
  #congested = false;
  #over = false;

  /** Calls `onEnd` once, when nobody can join any more. */
  constructor(lease: Lease, upstream: RedisUpstream, onEnd: () => void) {
    this.#lease = lease;
    this.upstream = upstream;
    this.#onEnd = onEnd;
    upstream.lend({
      received: (bytes) => this.#received(bytes),
      ended: () => this.#fail(),
      drained: () => this.#drained(),
    });
  }

  get login(): string {
    return this.#lease.login;
  }

  get over(): boolean {
    return this.#over;
  }

  /** True when a seat should wait before it sends more. */
  get congested(): boolean {
    return this.#congested;
  }

  join(seat: Sharer): void {
    this.#seats.add(seat);
  }

  /** Sends whole commands, each with one reply. */
  send(seat: Sharer, bytes: Buffer, commands: number): void {
    if (this.#over) return;
    for (let sent = 0; sent < commands; sent += 1) this.#asked.add(reply, seat);
    if (!this.upstream.wire.write(bytes)) this.#congested = true;
  }

  /** The server is not read while a client takes in what is there for it. {@link SharedConnection.flow} ends that. */
  stall(seat: Sharer): void {
    if (this.#over) return;
    this.#stalled.add(seat);
    this.upstream.wire.socket.pause();
  }

  flow(seat: Sharer): void {
    if (this.#stalled.delete(seat) && this.#stalled.size === 0) this.upstream.wire.socket.resume();
  }

  /** A client left. The last one gives the connection back, for keeps only when nothing is unanswered. */
  leave(seat: Sharer): void {
    this.#seats.delete(seat);
    this.flow(seat);
    if (this.#seats.size > 0 || this.#over) return;
    const state = this.#asked.length === 0 ? 'idle' : 'doubtful';
    if (state === 'idle') this.upstream.release();
    this.#end(state);
  }

  #received(bytes: Buffer): void {
    if (this.#over) return;
    let from = 0;
    let replies = 0;
    let seat = this.#asked.next;
    const pass = (to: number) => {
      if (to > from) seat?.told(bytes.subarray(from, to), replies);
      from = to;
      replies = 0;
    };
    const outcome = this.#splitter.push(bytes, (at) => {
      if (seat === undefined) return;
      replies += 1;
      this.#asked.shift();
      const next = this.#asked.next;
      if (next === seat) return;
      pass(at);
      seat = next;
    });
    // What nobody asked for, or cannot be read, makes everything behind it doubtful.
    if (outcome === 'broken' || (seat === undefined && from < bytes.length)) this.#fail();
    else pass(bytes.length);
  }

  #drained(): void {
    this.#congested = false;
    for (const seat of this.#seats) seat.goOn();
  }

  #fail(): void {
    if (this.#over) return;
    this.#end('doubtful');
    for (const seat of [...this.#seats]) seat.lost();
  }

  #end(state: LeftState): void {
    this.#over = true;
    this.#onEnd();
    void this.#lease.release(state);
  }
}
