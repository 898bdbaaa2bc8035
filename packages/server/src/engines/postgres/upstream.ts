import type { Upstream } from '../engine.ts';
import type { Wire, WireListener } from '../framing/index.ts';
import { cancelRequest } from './cancel.ts';
import { idleWatch } from './idle-watch.ts';
import { discardAll } from './reset.ts';

/** How long a server may take to take a cancel request, or to put a session back. */
const answerMs = 5_000;

/**
 * A logged-in connection. Either a relay has it, or it is idle and watched: whatever a server sends by itself to an
 * idle connection, except parameters and notices, makes it useless for anybody else.
 */
export class PostgresUpstream implements Upstream {
  readonly pid: string;
  /** As the server reported them last. */
  readonly parameters: Map<string, string>;
  readonly wire: Wire;
  readonly #key: Buffer;
  readonly #reopen: (signal: AbortSignal) => Promise<Wire>;
  readonly #cancels = new Set<Promise<void>>();
  #idleEnd: (() => void) | undefined;
  #closed = false;

  constructor(
    wire: Wire,
    parameters: Map<string, string>,
    key: Buffer,
    reopen: (signal: AbortSignal) => Promise<Wire>,
  ) {
    this.wire = wire;
    this.parameters = parameters;
    this.#key = key;
    this.#reopen = reopen;
    this.pid = key.length === 0 ? '' : String(key.readInt32BE(0));
    this.#watch();
  }

  get closed(): boolean {
    return this.#closed || this.wire.over;
  }

  /** Hands the connection to a relay. {@link PostgresUpstream.release} is the way back. */
  lend(listener: WireListener): void {
    this.wire.listen(listener);
  }

  /** Takes the connection back from a relay that proved it idle. */
  release(): void {
    this.#watch();
  }

  cancel(): Promise<void> {
    const cancel = this.#cancel().finally(() => this.#cancels.delete(cancel));
    this.#cancels.add(cancel);
    return cancel;
  }

  /**
   * Sends the key over a connection of its own and waits until the server closes that: only then has it signalled the
   * backend. When that cannot be seen, this connection is closed, since a late signal would hit its next user.
   */
  async #cancel(): Promise<void> {
    if (this.#key.length === 0) return;
    const signal = AbortSignal.timeout(answerMs);
    try {
      const wire = await this.#reopen(signal);
      wire.write(cancelRequest(this.#key));
      const answer = await wire.read(1);
      wire.close();
      if (answer !== 'ended' || signal.aborted) this.close();
    } catch {
      this.close();
    }
  }

  async reset(): Promise<'clean' | 'dirty'> {
    await Promise.allSettled(this.#cancels);
    if (this.closed) return 'dirty';
    const timer = setTimeout(() => this.wire.close(), answerMs);
    const outcome = await discardAll(this.wire, this.parameters);
    clearTimeout(timer);
    if (outcome === 'clean' && !this.closed) this.#watch();
    else this.close();
    return this.closed ? 'dirty' : 'clean';
  }

  close(): void {
    this.#closed = true;
    this.wire.close();
  }

  onIdleEnd(listener: () => void): void {
    this.#idleEnd = listener;
    if (this.closed) listener();
  }

  #watch(): void {
    this.wire.listen(
      idleWatch(this.parameters, () => {
        this.close();
        this.#idleEnd?.();
        this.#idleEnd = undefined;
      }),
    );
  }
}
