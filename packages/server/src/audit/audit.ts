import type { AuditEvent } from './event.ts';
import type { PruneOutcome } from './prune-segments.ts';

/**
 * The audit as the rest of the gateway sees it. Records form one hash chain per gateway, written in groups.
 * When it cannot be written it says so to whoever asks, and access stops.
 */
export interface Audit {
  /**
   * Takes a record that is durable within 100 ms. Costs no I/O in the caller's turn.
   * @throws Refusal `audit_unavailable` once the audit has failed.
   */
  record(event: AuditEvent): void;
  /**
   * Resolves when the record is on stable storage: for what must not take effect before it is recorded.
   * @throws Refusal `audit_unavailable`
   */
  recordDurably(event: AuditEvent): Promise<void>;
  /** True once writing failed; new sessions and statements are refused until a later write succeeds. */
  readonly failed: boolean;
  /** Calls `listener` at the moment the audit fails, so that live sessions end. */
  onFailure(listener: (cause: unknown) => void): void;
  /** Writes what is pending and a checkpoint. */
  close(): Promise<void>;
}

/** One chain, for whoever opened it. */
export interface AuditChain extends Audit {
  /**
   * Removes whole files of records that are all older than this moment (wall-clock milliseconds), see
   * {@link pruneSegments}. One run at a time; it ends before the next file when `signal` is aborted, which must be
   * before the chain is closed.
   * @throws Refusal `audit_unavailable`; an Error when the directory cannot be read or written
   */
  prune(olderThan: number, signal: AbortSignal): Promise<PruneOutcome>;
}

/** Where the audit tells the operator of its own troubles. */
export interface AuditLog {
  problem(message: string, cause: unknown): void;
  note(message: string): void;
}
