import type { Lease, LeftState } from '../../engine.ts';
import { ExpectedReplies } from '../../relaying/index.ts';
import { respType } from '../protocol.ts';
import type { RedisUpstream } from '../upstream.ts';
import { ReplySplitter } from './reply-splitter.ts';
import type { Sharing } from './sharing.ts';

/** What {@link ExpectedReplies} keeps apart. */
const expected = { reply: 1, closes: 2 } as const;

/**
 * The connection that a seat has to itself for a while, and what the client has left in it: nothing, a transaction or a
 * watch, or more than that, and then it stays until the client leaves.
 */
export class OwnConnection {
  readonly upstream: RedisUpstream;
  readonly #lease: Lease;
  readonly #asked = new ExpectedReplies<number>();
  readonly #splitter = new ReplySplitter();
  #kept = false;
  /** MULTI and WATCH that were sent, and how many of them an EXEC or DISCARD is known to have ended. */
  #opened = 0;
  #ended = 0;

  constructor(lease: Lease, upstream: RedisUpstream) {
    this.#lease = lease;
    this.upstream = upstream;
  }

  /** Whether the client could do without it. */
  get spare(): boolean {
    return !this.#kept && this.#asked.length === 0 && this.#ended === this.#opened;
  }

  /** A command that is sent now. */
  sent(sharing: Sharing): void {
    if (sharing === 'kept') this.#kept = true;
    if (this.#kept) return;
    if (sharing === 'opens') this.#opened += 1;
    this.#asked.add(sharing === 'closes' ? expected.closes : expected.reply, this.#opened);
  }

  /** What the server says. Of one that is kept nothing is expected: pushes may come, and replies may not. */
  heard(bytes: Buffer): void {
    if (this.#kept) return;
    const outcome = this.#splitter.push(bytes, (_, type) => {
      const opened = this.#asked.next;
      const closes = this.#asked.nextType === expected.closes;
      if (opened === undefined) this.#kept = true;
      // A list, null, or OK: it is over. After an error it may not be.
      else if (closes && type !== respType.error) this.#ended = opened;
      this.#asked.shift();
    });
    if (outcome === 'broken') this.#kept = true;
  }

  /** Gives it back. */
  release(state: LeftState): void {
    if (state === 'idle' && !this.upstream.closed) this.upstream.release();
    void this.#lease.release(state);
  }
}
