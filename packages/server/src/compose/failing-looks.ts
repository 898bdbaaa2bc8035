import type { Log } from '../gateway/index.ts';

/** So many looks are left out at the most: also what keeps failing shall not be forgotten for long. */
const longestPause = 4;

/**
 * Looks at things that may fail for long. The operator is told of a failure once, until that works again; and after each
 * look that failed more of the next ones are left out: 1, 3, 4. Forgets a thing that nobody else knows any more.
 */
export class FailingLooks<Thing extends object> {
  readonly #log: Pick<Log, 'problem'>;
  readonly #failing = new WeakMap<Thing, { told: ReadonlySet<string>; pause: number; leftOut: number }>();

  constructor(log: Pick<Log, 'problem'>) {
    this.#log = log;
  }

  /** Asked once for each look: whether this one is not to be left out. */
  isDue(thing: Thing): boolean {
    const failing = this.#failing.get(thing);
    if (failing === undefined || failing.leftOut === failing.pause) return true;
    failing.leftOut += 1;
    return false;
  }

  /** What came of a look: what failed and why, by its subject in words; empty when nothing did. */
  settle(thing: Thing, failures: ReadonlyMap<string, unknown>): void {
    const before = this.#failing.get(thing);
    for (const [subject, cause] of failures) {
      if (before?.told.has(subject)) continue;
      this.#log.problem(
        `${subject} cannot be looked after. It is tried again, and told again only after it has worked.`,
        cause,
      );
    }
    if (failures.size === 0) this.#failing.delete(thing);
    else
      this.#failing.set(thing, {
        told: new Set(failures.keys()),
        pause: Math.min(2 * (before?.pause ?? 0) + 1, longestPause),
        leftOut: 0,
      });
  }
}
