import { expect, test } from 'vitest';
import { shareOneConsent } from '../../support/shared-refresh.ts';

// `npm run test:shared-refresh` does the same a thousand times.
test('20 processes on one consent and a bad network: nobody is logged out, and each rotation has one successor', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const { successors, failures, leaks, alive, mischief } = await shareOneConsent({
    processes: 20,
    rotations: 10,
    seed,
  });
  const context = `seed ${seed}, ${JSON.stringify(mischief)}`;
  expect([...failures], context).toEqual([]);
  expect(successors, context).toEqual(Array.from({ length: 10 }, () => 1));
  expect(leaks, context).toEqual([]);
  expect(alive, context).toBe(true);
}, 120_000);
