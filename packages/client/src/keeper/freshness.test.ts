import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isExpired, marginMs } from './freshness.ts';

const minute = 60_000;

test.each([
  ['a quarter of an hour', 15 * minute, 3 * minute],
  ['five minutes', 5 * minute, minute],
  ['a day, where a fifth would be hours', 24 * 60 * minute, 15 * minute],
  ['no time at all', 0, 0],
  ['less than none, by a clock that was set back', -minute, 0],
])('a token that lives for %s is renewed that much earlier at most', (_, life, margin) => {
  expect(marginMs({ issuedAt: 1_000, expiresAt: 1_000 + life }, 0)).toBe(margin);
});

test('processes renew at moments of their own, all of them in the second half of the margin or before it', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e10 }), share, share, (life, one, another) => {
      const token = { issuedAt: 0, expiresAt: life };
      const most = marginMs(token, 0);
      for (const margin of [marginMs(token, one), marginMs(token, another)]) {
        expect(margin).toBeLessThanOrEqual(most);
        expect(margin).toBeGreaterThanOrEqual(most / 2);
      }
      if (one < another) expect(marginMs(token, one)).toBeGreaterThanOrEqual(marginMs(token, another));
    }),
  );
});

test('a token is over at its last millisecond, not after it', () => {
  expect([9_999, 10_000, 10_001].map((now) => isExpired({ expiresAt: 10_000 }, now))).toEqual([
    false,
    true,
    true,
  ]);
});
