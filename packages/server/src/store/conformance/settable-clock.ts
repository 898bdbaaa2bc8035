import type { Clock } from '../../core/index.ts';

/** A clock that a test moves, so that expiry is tested without waiting. */
export class SettableClock implements Clock {
  #now = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
