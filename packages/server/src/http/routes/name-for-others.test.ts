import { expect, test } from 'vitest';
import { nameForOthers } from './name-for-others.ts';

test.each([
  ['a local person by the address', 'local:ada@example.com', 'ada@example.com', 'ada@example.com'],
  ['somebody of a provider with the identity', 'corp:1f0c', 'Ada', 'Ada (corp:1f0c)'],
  [
    'a name that is an address of somebody else',
    'corp:1f0c',
    'ada@example.com',
    'ada@example.com (corp:1f0c)',
  ],
])('names %s', (_, id, displayName, shown) => {
  expect(nameForOthers(id, { displayName })).toBe(shown);
});

test('names somebody who was removed, and an operator, by the identity', () => {
  expect(nameForOthers('operator:root', undefined)).toBe('operator:root');
});
