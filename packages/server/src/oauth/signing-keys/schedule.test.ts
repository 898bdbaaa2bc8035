import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type KeyTimes, nextDue, publishedAfterwardsMs, scheduleOf } from './schedule.ts';

const keptMs = 100;

const key = (order: number, signsFrom: number, replacesAll = false): KeyTimes => ({
  order,
  signsFrom,
  replacesAll,
});
const first = key(1, 0);
const second = key(2, 50);
const third = key(3, 1_000);

describe('what each key is', () => {
  const retiredUntil = second.signsFrom + keptMs;
  test.each([
    [
      'alone',
      [first],
      7,
      { signing: first, announced: undefined, retired: [], outlived: [], until: Infinity },
    ],
    ['one to come', [first, second], 49, { signing: first, announced: second, retired: [], until: 50 }],
    ['its first moment', [first, second], 50, { signing: second, retired: [first], until: retiredUntil }],
    ['the last moment of the one before', [first, second], retiredUntil - 1, { retired: [first] }],
    ['after it', [first, second], retiredUntil, { signing: second, retired: [], outlived: [first] }],
    [
      'the next one before it',
      [first, second, third],
      60,
      { announced: third, retired: [first], until: 150 },
    ],
    ['read in another order', [second, first], 49, { signing: first, announced: second }],
    ['a clock set back before the first', [second, third], 10, { signing: second, announced: third }],
    [
      'in the place of all',
      [first, second, key(3, 60, true)],
      60,
      { signing: key(3, 60, true), retired: [], outlived: [first, second] },
    ],
    [
      'in the place of all, and one more since',
      [first, key(2, 60, true), key(3, 90)],
      95,
      { signing: key(3, 90), retired: [key(2, 60, true)], outlived: [first] },
    ],
    [
      'in the place of all, by a clock that is ahead',
      [first, key(2, 60, true)],
      10,
      { signing: key(2, 60, true), outlived: [first] },
    ],
  ])('%s', (_, keys, now, expected) => {
    expect(scheduleOf(keys, now, keptMs)).toMatchObject(expected);
  });

  it('is nothing where no key is', () => {
    expect(scheduleOf([], 0, keptMs)).toBeUndefined();
  });
});

describe('over any series of rotations', () => {
  const lifetimes = { signingKeyMs: 5_000, signingKeyNoticeMs: 700 };

  it('G20 every signature verifies for as long as it counts, also for whoever read the set a notice ago', () => {
    const gaps = fc.array(fc.integer({ min: lifetimes.signingKeyNoticeMs, max: 20_000 }), { maxLength: 8 });
    const moments = fc.tuple(fc.nat(60_000), fc.nat(keptMs - 1), fc.nat(lifetimes.signingKeyNoticeMs));
    fc.assert(
      fc.property(gaps, moments, (waits, [signedAt, later, earlier]) => {
        const keys = [key(1, 0)];
        for (const wait of waits) keys.push(key(keys.length + 1, (keys.at(-1)?.signsFrom ?? 0) + wait));
        /** A key is in the store from its notice on. */
        const at = (now: number) =>
          scheduleOf(
            keys.filter(
              ({ order, signsFrom }) => order === 1 || signsFrom - lifetimes.signingKeyNoticeMs <= now,
            ),
            now,
            keptMs,
          );
        const signed = at(signedAt)?.signing;
        for (const readAt of [Math.max(0, signedAt - earlier), signedAt, signedAt + later]) {
          const read = at(readAt);
          expect([read?.signing, read?.announced, ...(read?.retired ?? [])]).toContainEqual(signed);
        }
      }),
    );
  });

  it('the next key is due a notice before the age at which the last one gives way, and never while one waits', () => {
    expect(nextDue({ signing: second, announced: undefined }, lifetimes)).toBe(50 + 5_000 - 700);
    expect(nextDue({ signing: second, announced: third }, lifetimes)).toBe(Number.POSITIVE_INFINITY);
  });

  it('a key stays for the longest token that can be configured, and for a browser session', () => {
    expect(publishedAfterwardsMs({ browserSessionMs: 1_000 })).toBe(24 * 3_600_000);
    expect(publishedAfterwardsMs({ browserSessionMs: 30 * 86_400_000 })).toBe(30 * 86_400_000);
  });
});
