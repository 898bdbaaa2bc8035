import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** Durable counters of attempts. */
export function throttlingConformance({ store }: ConformanceContext): void {
  describe('attempts', () => {
    const attempts = () => store().attempts;

    test('counts within the window of the first attempt, and starts over after it', async () => {
      const key = newId();
      expect(await attempts().add(key, 100, 1_000)).toEqual({ count: 1, endsAt: 1_100 });
      expect(await attempts().add(key, 100, 1_099)).toEqual({ count: 2, endsAt: 1_100 });
      expect(await attempts().peek(key, 1_099)).toEqual({ count: 2, endsAt: 1_100 });
      expect(await attempts().peek(key, 1_100)).toMatchObject({ count: 0 });
      expect(await attempts().add(key, 100, 1_100)).toEqual({ count: 1, endsAt: 1_200 });
    });

    test('counts several at once', async () => {
      const key = newId();
      expect(await attempts().add(key, 100, 1_000, 20)).toEqual({ count: 20, endsAt: 1_100 });
      expect(await attempts().add(key, 100, 1_001, 3)).toEqual({ count: 23, endsAt: 1_100 });
      expect(await attempts().add(key, 100, 1_100, 7)).toEqual({ count: 7, endsAt: 1_200 });
    });

    test('loses none of 50 concurrent attempts', async () => {
      const key = newId();
      const counts = await Promise.all(Array.from({ length: 50 }, () => attempts().add(key, 1_000, 1)));
      expect(counts.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
    });

    test('forgets a key that is cleared', async () => {
      const key = newId();
      await attempts().add(key, 100, 1);
      await attempts().clear(key);
      expect(await attempts().peek(key, 1)).toMatchObject({ count: 0 });
    });

    test.each([
      ['100,000 characters', 'x'.repeat(100_000)],
      ['a zero byte', 'a\u0000b'],
      ['half a surrogate pair', 'a\ud800b'],
      ['nothing', ''],
    ])('takes a key of %s', async (_, typed) => {
      const key = newId() + typed;
      await attempts().add(key, 100, 1);
      expect(await attempts().peek(key, 1)).toEqual({ count: 1, endsAt: 101 });
    });

    test('prunes ended windows and keeps open ones', async () => {
      const [ended, open] = [newId(), newId()];
      await attempts().add(ended, 10, 5_000_000);
      await attempts().add(open, 1_000, 5_000_000);
      expect(await attempts().prune(5_000_500)).toBeGreaterThanOrEqual(1);
      expect(await attempts().peek(ended, 5_000_000)).toMatchObject({ count: 0 });
      expect(await attempts().peek(open, 5_000_500)).toMatchObject({ count: 1 });
    });
  });
}
