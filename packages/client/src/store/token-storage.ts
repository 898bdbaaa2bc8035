/** What a lock attempt gives. */
export type LockOutcome =
  | { readonly outcome: 'locked'; readonly text: string }
  /** Somebody else holds it, and their lease runs. */
  | { readonly outcome: 'held' }
  | { readonly outcome: 'absent' };

/**
 * A table of sealed records with a lease on each. Every method is atomic for all processes that share the storage, and
 * may reject when the storage cannot be reached; nothing is retried inside. `id` is at most 64 characters of base64url,
 * `text` at most a few kilobytes.
 */
export interface TokenStorage {
  /** The record as it is, locked or not. */
  read(id: string): Promise<string | undefined>;
  /** Puts a record there, whatever was before: somebody has just signed in. Whoever held a lock has lost it. */
  write(id: string, text: string): Promise<void>;
  /**
   * Takes the lock for `leaseMs`, when nobody has it or its lease is over. `owner` is made for this one attempt and
   * never used again: it is the fence that {@link replace} asks for.
   */
  lock(id: string, owner: string, leaseMs: number): Promise<LockOutcome>;
  /**
   * Writes and unlocks in one step, if `owner` is still who locked last. After an expired lease that is so as long as
   * nobody else came; `lost` means that the record is somebody else's now and stays as it is.
   */
  replace(id: string, owner: string, text: string): Promise<'replaced' | 'lost'>;
  /** Gives the lock back without a change; nothing happens when it is somebody else's. */
  unlock(id: string, owner: string): Promise<void>;
  /** Removes record and lock; nothing happens when there is none. */
  delete(id: string): Promise<void>;
}
