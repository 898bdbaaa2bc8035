import type { CancelOutcome, Upstream } from '../engine.ts';
import type { Wire, WireListener } from '../framing/index.ts';

/** How long a server may take to take a cancel request, or to put a session back. */
const answerMs = 5_000;

/**
 * A logged-in connection. Either a relay has it, or it is idle and watched: what a server sends by itself to an idle
 * connection can make it useless for anybody else.
 */
export abstract class WireUpstream implements Upstream {
  readonly wire: Wire;
  /** The cancel request that is on its way, and the one behind it, for all who asked meanwhile. */
  #cancelling: Promise<CancelOutcome> | undefined;
  #following: Promise<CancelOutcome> | undefined;
  /** What tells the server that nobody waits for this session any more. */
  #farewell: Promise<CancelOutcome> | undefined;
  #idleEnd: (() => void) | undefined;
  #closed = false;
  /** A relay has it, or it is being put back: something may be on its way. */
  #lent = false;

  constructor(wire: Wire) {
    this.wire = wire;
  }

  abstract readonly pid: string;

  /** Asks the server over a connection of its own to cancel. A failure is `unsure`, which closes this connection. */
  protected abstract askToCancel(signal: AbortSignal): Promise<CancelOutcome>;

  /** Asks the same way that nothing of this session runs on. A request that is on its way may be about what ran before. */
  protected askToEnd(signal: AbortSignal): Promise<CancelOutcome> {
    return this.askToCancel(signal);
  }

  /** Puts the session back to its state after login; a failure is `dirty` too. Nobody listens to the wire. */
  protected abstract restore(): Promise<'clean' | 'dirty'>;

  /**
   * What listens while nobody uses the connection; calls `spoilt` when it is of no use any more. Most servers have nothing
   * to say then, so that whatever comes spoils it.
   */
  protected idleWatch(spoilt: () => void): WireListener {
    return { received: spoilt, ended: spoilt, drained() {} };
  }

  get closed(): boolean {
    return this.#closed || this.wire.over;
  }

  /** Hands the connection to a relay. {@link WireUpstream.release} is the way back. */
  lend(listener: WireListener): void {
    this.#lent = true;
    this.wire.listen(listener);
  }

  /** Takes the connection back from a relay that proved it idle, or for the first time after the login. */
  release(): void {
    this.#lent = false;
    let isSpoilt = false;
    this.wire.listen(
      this.idleWatch(() => {
        if (isSpoilt) return;
        isSpoilt = true;
        this.close();
        this.#idleEnd?.();
        this.#idleEnd = undefined;
      }),
    );
  }

  /**
   * One request at a time, since each is a connection to the server. The one on its way may be about an earlier
   * statement, so whoever asks then waits for one more. When it cannot be seen that the server took one, this connection
   * is closed: a late one would hit its next user. When the server could not be asked, what runs goes on.
   */
  async cancel(): Promise<CancelOutcome> {
    if (this.closed) {
      await this.settled();
      return await this.#endedWith();
    }
    if (this.#cancelling === undefined && this.#following === undefined) return await this.#cancelNow();
    this.#following ??= Promise.resolve(this.#cancelling).then((before) => {
      this.#following = undefined;
      if (!this.closed) return this.#cancelNow();
      return before === 'unsure' ? before : this.#endedWith();
    });
    return await this.#following;
  }

  #cancelNow(): Promise<CancelOutcome> {
    this.#cancelling = this.askToCancel(AbortSignal.timeout(answerMs))
      .catch(() => 'unsure' as const)
      .then((outcome) => {
        this.#cancelling = undefined;
        if (outcome === 'unsure') this.close();
        return outcome;
      });
    return this.#cancelling;
  }

  /** Of a connection that is closed: whether its server was told, where something still ran. */
  async #endedWith(): Promise<CancelOutcome> {
    return (await this.#farewell) ?? 'taken';
  }

  /** The end of a session that runs something: the server is told, since it would notice only when it has an answer. */
  abandon(): void {
    this.#farewell = this.askToEnd(AbortSignal.timeout(answerMs)).catch(() => 'unsure' as const);
    this.close();
  }

  async settled(): Promise<void> {
    await Promise.all([this.#following, this.#cancelling, this.#farewell]);
  }

  async reset(): Promise<'clean' | 'dirty'> {
    await (this.#following ?? this.#cancelling);
    if (this.closed) return 'dirty';
    this.#lent = true;
    const timer = setTimeout(() => this.wire.close(), answerMs);
    this.wire.unlisten();
    const outcome = this.wire.hasUnread ? 'dirty' : await this.restore().catch(() => 'dirty' as const);
    clearTimeout(timer);
    if (outcome === 'clean' && !this.closed) this.release();
    else this.close();
    return this.closed ? 'dirty' : 'clean';
  }

  close(): void {
    const idle = !this.closed && !this.#lent;
    this.#closed = true;
    if (idle) this.leave();
    else this.wire.close();
  }

  /** Ends a connection that nothing runs on, as the protocol wants it. */
  protected leave(): void {
    this.wire.close();
  }

  onIdleEnd(listener: () => void): void {
    this.#idleEnd = listener;
    if (this.closed) listener();
  }
}
