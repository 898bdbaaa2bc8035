import { afterEach, beforeEach, expect, test } from 'vitest';
import { SettableClock } from '../store/conformance/settable-clock.ts';
import { type AuditFixture, auditFixture } from './testing/index.ts';
import { isVouchedFor } from './vouched-clock.ts';

const day = 24 * 3_600_000;

let fixture: AuditFixture;
let clock: SettableClock;

beforeEach(async () => {
  fixture = await auditFixture();
  clock = new SettableClock();
});
afterEach(() => fixture.remove());

/** A file for each, made when the clock stood that many days after the first. */
async function filesOf(...days: readonly number[]): Promise<void> {
  let stands = days[0] ?? 0;
  for (const at of days) {
    clock.advance((at - stands) * day);
    stands = at;
    const audit = await fixture.open({ clock, segmentBytes: 1 });
    await audit.recordDurably({ type: 'sign_out', person: 'local:ann' });
    await audit.close();
  }
}

test.each([
  ['began a day ago', [0], 1],
  ['has a file of each day', [0, 1, 2, 3], 0.5],
  ['ended eight days ago', [0, 1, 2], 8],
  ['went on yesterday, after a month', [0, 1, 2, 32], 1],
  ['has a file of each day and one of a clock that was far ahead', [0, 1, 2, 900, 3], 0.5],
] as const)('a log vouches for the clock that %s', async (_what, files, later) => {
  await filesOf(...files);
  clock.advance(later * day);
  expect(await isVouchedFor(fixture.directory, clock.now())).toBe(true);
});

test.each([
  ['is of today alone', [0, 0.5], 0.4],
  ['ended more than eight days ago', [0, 1, 2], 8.1],
  ['went on today, after a month', [0, 1, 2, 32], 0.5],
  ['is of the future alone', [900], -900],
] as const)('a log does not vouch for the clock that %s', async (_what, files, later) => {
  await filesOf(...files);
  clock.advance(later * day);
  expect(await isVouchedFor(fixture.directory, clock.now())).toBe(false);
});
