import { expect, test } from 'vitest';
import { OngoingProblem } from './ongoing-problem.ts';

test('a problem is told when it begins, once a minute while it lasts, and when it is over', () => {
  const told: string[] = [];
  let now = 0;
  const log = {
    problem: (message: string, cause: unknown) => void told.push(`${now}: ${message}, ${cause}`),
    note: (message: string) => void told.push(`${now}: ${message}`),
  };
  const problem = new OngoingProblem(log, { failing: 'it fails', working: 'it works' }, () => now);
  problem.worked();
  for (; now < 120_000; now += 250) problem.failed('why');
  problem.worked();
  problem.worked();
  now += 250;
  problem.failed('again');
  expect(told).toEqual([
    '0: it fails, why',
    '60000: it fails, why',
    '120000: it works',
    '120250: it fails, again',
  ]);
});
