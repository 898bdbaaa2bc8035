import { type Clock, Refusal } from '../core/index.ts';
import type { AuditLog } from './audit.ts';
import type { AuditEvent } from './event.ts';
import type { ChainHead } from './record-line.ts';
import { SealedLines } from './sealed-lines.ts';
import type { SegmentWriter } from './segment-writer.ts';

/** Sealing this many records takes about half a millisecond of the event loop, which nobody notices. */
const sealEvery = 256;
/** A write starts early when this much text waits. Bytes, roughly. */
const flushAt = 1024 * 1024;
/** The most text that may wait for a slow or failed disk. Bytes, roughly. */
const backlogLimit = 64 * 1024 * 1024;
/**
 * A write that takes longer than five seconds counts as failed until it ends. They are counted in beats of our own event
 * loop: beats that were missed come as one, so a process that got no time itself does not take that for a slow disk.
 */
const stallBeats = 10;
const beatMs = 500;
/** How often a failed write is tried again. */
const retryMs = 1_000;

interface Settings {
  readonly segments: SegmentWriter;
  readonly head: ChainHead;
  readonly clock: Clock;
  readonly log: AuditLog;
  readonly groupMs: number;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (refusal: Refusal) => void;
}

/**
 * Queues records, seals them into the chain, and writes them in groups with one fdatasync each. While the disk fails
 * every caller is refused; what was taken before stays in memory, in order, and is the first thing that a later
 * successful write carries, followed by an `audit_gap` record.
 */
export class GroupCommit {
  readonly #segments: SegmentWriter;
  readonly #lines: SealedLines;
  readonly #clock: Clock;
  readonly #log: AuditLog;
  readonly #groupMs: number;
  readonly #listeners: ((cause: unknown) => void)[] = [];

  #events: AuditEvent[] = [];
  #times: number[] = [];
  #waiters: Waiter[] = [];
  /** Those whose records are in the write that is under way. */
  #writing: Waiter[] = [];
  #durable: ChainHead;
  #waitingBytes = 0;
  #flushing: Promise<void> | undefined;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #failure: { readonly cause: unknown; readonly since: number; refused: number } | undefined;
  #closed = false;

  constructor({ segments, head, clock, log, groupMs }: Settings) {
    this.#segments = segments;
    this.#lines = new SealedLines(head);
    this.#durable = head;
    this.#clock = clock;
    this.#log = log;
    this.#groupMs = groupMs;
  }

  get failed(): boolean {
    return this.#failure !== undefined || this.#closed;
  }

  /** The newest record that is on stable storage. */
  get durableHead(): ChainHead {
    return this.#durable;
  }

  onFailure(listener: (cause: unknown) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes a record that is written within the group time. @throws Refusal `audit_unavailable` */
  record(event: AuditEvent): void {
    if (this.#failure !== undefined || this.#closed) this.#recordWhileFailed(event);
    this.#enqueue(event);
    if (this.#waitingBytes > flushAt) this.#flushSoon();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#groupMs);
  }

  /**
   * Resolves when the record is durable. Concurrent callers share one write. When it rejects, what was to be recorded
   * must not happen; the record itself may still be written later, before the `audit_gap` record that explains it.
   *
   * @throws Refusal `audit_unavailable`
   */
  async recordDurably(event: AuditEvent): Promise<void> {
    if (this.#failure !== undefined) this.#failure.refused += 1;
    if (this.failed) throw this.#refusal();
    const durable = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.#enqueue(event);
    this.#flushSoon();
    return durable;
  }

  /** Writes what waits, and closes the file. Records are refused from now on. Never throws. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    await this.#flush();
    clearTimeout(this.#timer);
    if (this.#failure !== undefined)
      this.#log.problem('Audit records were lost at the end.', this.#failure.cause);
    await this.#segments.close();
  }

  /**
   * The caller is refused, but what it reports has happened already (a statement that ran), so the record is kept
   * for the time when the disk is back, as long as there is room.
   */
  #recordWhileFailed(event: AuditEvent): never {
    if (this.#failure !== undefined) {
      if (this.#waitingBytes < backlogLimit) this.#enqueue(event);
      else this.#failure.refused += 1;
    }
    throw this.#refusal();
  }

  #enqueue(event: AuditEvent): void {
    this.#events.push(event);
    this.#times.push(this.#clock.now());
    this.#waitingBytes += roughSize(event);
    if (this.#events.length >= sealEvery) this.#seal();
    if (this.#waitingBytes > backlogLimit)
      this.#fail(new Error('the disk does not keep up with the audit log'));
  }

  /** Turns queued events into lines of the chain. */
  #seal(): void {
    if (this.#events.length === 0) return;
    this.#lines.seal(this.#events, this.#times);
    this.#events = [];
    this.#times = [];
  }

  /** At the end of this turn, so that callers of the same turn share the write. */
  #flushSoon(): void {
    if (this.#scheduled || this.#flushing !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#writeGroups().finally(() => {
      this.#flushing = undefined;
      if (this.#closed) return;
      if (this.#failure !== undefined) this.#timer ??= setTimeout(() => this.#flush(), retryMs).unref();
      else if (this.#waiters.length > 0) this.#flushSoon();
      else if (this.#waitingBytes > 0) this.#timer ??= setTimeout(() => this.#flush(), this.#groupMs);
    });
    return this.#flushing;
  }

  async #writeGroups(): Promise<void> {
    do {
      const stall = this.#watchWrite();
      this.#writing = this.#waiters;
      this.#waiters = [];
      try {
        this.#seal();
        const batch = this.#lines.batch();
        if (batch !== undefined) {
          const bytes = this.#waitingBytes;
          await this.#segments.append(batch);
          this.#lines.written(batch);
          this.#waitingBytes -= bytes;
          this.#durable = batch.head;
        }
      } catch (cause) {
        this.#fail(cause);
        return;
      } finally {
        clearInterval(stall);
      }
      for (const waiter of this.#writing.splice(0)) waiter.resolve();
      this.#recover();
    } while (this.#waiters.length > 0 || this.#waitingBytes > flushAt);
  }

  #watchWrite(): NodeJS.Timeout {
    let beats = 0;
    return setInterval(() => {
      beats += 1;
      if (beats === stallBeats) this.#fail(new Error('a write to the audit log does not end'));
    }, beatMs);
  }

  #fail(cause: unknown): void {
    const waiters = [...this.#writing.splice(0), ...this.#waiters.splice(0)];
    for (const waiter of waiters) waiter.reject(this.#refusal(cause));
    if (this.#failure !== undefined) return;
    this.#failure = { cause, since: this.#clock.now(), refused: 0 };
    this.#log.problem('The audit log cannot be written; access stops.', cause);
    for (const listener of this.#listeners) {
      try {
        listener(cause);
      } catch (thrown) {
        this.#log.problem('A listener to the failure of the audit failed.', thrown);
      }
    }
  }

  #recover(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    this.#log.note('The audit log can be written again.');
    const since = new Date(failure.since).toISOString();
    const detail = `the audit log could not be written from ${since} on; ${failure.refused} records were refused`;
    this.#enqueue({ type: 'gateway', action: 'audit_gap', detail });
  }

  #refusal(cause: unknown = this.#failure?.cause): Refusal {
    return new Refusal('audit_unavailable', {}, cause);
  }
}

/** Bytes that an event may take, without serialising it. */
function roughSize(event: AuditEvent): number {
  let size = 512;
  const said =
    event.type === 'statement' ? event.statement : event.type === 'statement_admitted' ? event : undefined;
  if (said === undefined) return size;
  size += said.text.length;
  if (said.parameters !== undefined) for (const value of said.parameters) size += 8 + (value?.length ?? 0);
  return size;
}
