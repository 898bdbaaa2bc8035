import { expect, test } from 'vitest';
import { agoInWords, durationInWords } from './duration-words.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [0, '0 seconds'],
  [1_000, '1 second'],
  [15 * minute, '15 minutes'],
  [90 * minute, '1 hour and 30 minutes'],
  [12 * hour, '12 hours'],
  [day, '1 day'],
  [day + 5 * hour, '1 day and 5 hours'],
  [30 * day, '30 days'],
  [29 * day + 23 * hour, '29 days'],
])('%i ms is said as %s', (milliseconds, words) => {
  expect(durationInWords(milliseconds)).toBe(words);
});

test.each([
  [-hour, 'just now'],
  [59_000, 'just now'],
  [minute, '1 minute ago'],
  [3 * hour, '3 hours ago'],
  [2 * day, '2 days ago'],
])('%i ms ago is said as %s', (milliseconds, words) => {
  expect(agoInWords(0, milliseconds)).toBe(words);
});
