import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** Leases between processes. */
export function locksConformance({ store }: ConformanceContext): void {
  describe('locks', () => {
    const locks = () => store().locks;

    test('gives a lease to one of 50 concurrent owners', async () => {
      const name = newId();
      const got = await Promise.all(
        Array.from({ length: 50 }, (_, owner) => locks().acquire(name, `owner ${owner}`, 100, 1)),
      );
      expect(got.filter((held) => held)).toHaveLength(1);
    });

    test('keeps others out until it ends, and lets the owner prolong it', async () => {
      const name = newId();
      expect(await locks().acquire(name, 'a', 100, 1)).toBe(true);
      expect(await locks().acquire(name, 'b', 200, 99)).toBe(false);
      expect(await locks().acquire(name, 'a', 150, 99)).toBe(true);
      expect(await locks().acquire(name, 'b', 200, 149)).toBe(false);
    });

    test('hands an expired lease to exactly one of 50 who want it', async () => {
      const name = newId();
      await locks().acquire(name, 'crashed', 100, 1);
      const got = await Promise.all(
        Array.from({ length: 50 }, (_, owner) => locks().acquire(name, `owner ${owner}`, 500, 100)),
      );
      expect(got.filter((held) => held)).toHaveLength(1);
    });

    test('is released by its owner and by nobody else', async () => {
      const name = newId();
      await locks().acquire(name, 'a', 100, 1);
      await locks().release(name, 'b');
      expect(await locks().acquire(name, 'b', 200, 2)).toBe(false);
      await locks().release(name, 'a');
      expect(await locks().acquire(name, 'b', 200, 2)).toBe(true);
    });
  });
}
