import { expect, test, vi } from 'vitest';

// The greatest number that a gateway may begin with.
vi.mock('node:crypto', () => ({ randomInt: (_least: number, beyond: number) => beyond - 1 }));

test('a number is never beyond 31 bits, where drivers that keep it signed would kill a negative one', async () => {
  const { nextConnectionId } = await import('./connection-id.ts');
  const numbers = Array.from({ length: 3 }, nextConnectionId);
  expect(numbers.every((number) => number > 0 && number < 2 ** 31)).toBe(true);
  expect(new Set(numbers).size).toBe(3);
});
