import { GrantwayError } from './errors.ts';

/** The first wait between two tries, in milliseconds. Each one after is twice as long, up to the longest. */
const firstDelayMs = 100;
const longestDelayMs = 2_000;

/**
 * Does `work` again while the network or the server fails for now, until the next try would begin later than
 * `retryForMs` after the first. Gives the last failure then; any other failure at once.
 */
export async function withRetries<T>(retryForMs: number, work: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + retryForMs;
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, longestDelayMs)) {
    try {
      return await work();
    } catch (thrown) {
      // Half of the wait is by chance, so that many programs do not come back to a restarted server at once.
      const waitMs = delayMs * (0.5 + Math.random() / 2);
      if (!isPassing(thrown) || performance.now() + waitMs > giveUpAt) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** Whether trying again may help. */
export function isPassing(thrown: unknown): boolean {
  return thrown instanceof GrantwayError && (thrown.code === 'network' || thrown.code === 'unavailable');
}
