import { createHash } from 'node:crypto';

/**
 * Numbers that follow from a seed alone. A part of a run gets a {@link Random.fork} of its own, so that what it draws
 * does not depend on what ran at the same time.
 */
export class Random {
  readonly #seed: string;
  readonly #state: Uint32Array;

  constructor(seed: string) {
    this.#seed = seed;
    const digest = createHash('sha256').update(seed).digest();
    this.#state = Uint32Array.from({ length: 4 }, (_, word) => digest.readUInt32LE(word * 4));
  }

  /** The numbers of a part of what this seed stands for. */
  fork(part: string): Random {
    return new Random(`${this.#seed}/${part}`);
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor((this.#next() / 2 ** 32) * end);
  }

  /** A whole number, `least` and `most` included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(from: readonly [T, ...(readonly T[])]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  /** One of them, more often those with more weight. */
  weighted<T extends { readonly weight: number }>(from: readonly [T, ...(readonly T[])]): T {
    let left = this.below(from.reduce((sum, { weight }) => sum + weight, 0));
    for (const one of from) {
      left -= one.weight;
      if (left < 0) return one;
    }
    return from[0];
  }

  /** The generator sfc32 by Chris Doty-Humphrey. */
  #next(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const result = (((a + b) | 0) + counter) | 0;
    this.#state.set([
      b ^ (b >>> 9),
      (c + (c << 3)) | 0,
      (((c << 21) | (c >>> 11)) + result) | 0,
      counter + 1,
    ]);
    return result >>> 0;
  }
}
