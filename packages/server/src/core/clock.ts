/** Time as the gateway sees it. Injected, so that expiry and throttling are tested without waiting. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch: for expiry dates and audit records. */
  now(): number;
  /** Milliseconds on a clock that never steps back: for durations and deadlines. */
  monotonic(): number;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
