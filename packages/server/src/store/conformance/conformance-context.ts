import type { Store } from '../store.ts';
import type { SettableClock } from './settable-clock.ts';

/** What each file of the suite works on: one store for the whole run, so tests name their rows uniquely. */
export interface ConformanceContext {
  readonly clock: SettableClock;
  readonly store: () => Store;
}
