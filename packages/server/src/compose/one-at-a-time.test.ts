import { expect, test } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

test('begins with the next when the one before has ended, also by failing', async () => {
  const steps: string[] = [];
  const first = Promise.withResolvers<void>();
  const work = oneAtATime(async (name: string) => {
    steps.push(`${name} begins`);
    if (name === 'first') await first.promise;
    steps.push(`${name} ends`);
    return name;
  });
  const [one, two] = [work('first'), work('second')];
  await new Promise((resolve) => setImmediate(resolve));
  expect(steps).toEqual(['first begins']);
  first.reject(new Error('the first fails'));
  await expect(one).rejects.toThrow('the first fails');
  expect(await two).toBe('second');
  expect(steps).toEqual(['first begins', 'second begins', 'second ends']);
});
