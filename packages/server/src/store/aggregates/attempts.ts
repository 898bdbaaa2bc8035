/** Durable counters for throttling, shared by all processes. */
export interface Attempts {
  /**
   * Counts one attempt, or `by` at once, in the window that `key` is in, and gives the count including these and the
   * window's end.
   */
  add(
    key: string,
    windowMs: number,
    at: number,
    by?: number,
  ): Promise<{ readonly count: number; readonly endsAt: number }>;
  /** The count without adding; 0 when the window ended. */
  peek(key: string, at: number): Promise<{ readonly count: number; readonly endsAt: number }>;
  clear(key: string): Promise<void>;
  /** Deletes windows that ended before `at`; gives how many. */
  prune(at: number): Promise<number>;
}
