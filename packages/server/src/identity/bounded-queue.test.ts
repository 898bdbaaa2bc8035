import { expect, test } from 'vitest';
import { boundedQueue } from './bounded-queue.ts';

test('at most as many tasks run as may, in the order in which they came, and all are answered', async () => {
  const queue = boundedQueue({ running: 2, waiting: 10 });
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, task) =>
      queue.run(async () => {
        started.push(task);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return task;
      }),
    ),
  );
  expect(most).toBe(2);
  expect(started).toEqual(Array.from({ length: 12 }, (_, task) => task));
  expect(results).toEqual(started);
});

test('a task beyond what may wait is refused at once, and the others go on', async () => {
  const queue = boundedQueue({ running: 1, waiting: 1 });
  const { promise: gate, resolve: open } = Promise.withResolvers<string>();
  const first = queue.run(() => gate);
  const second = queue.run(() => gate);
  await expect(queue.run(() => gate)).rejects.toMatchObject({ code: 'too_many_connections' });
  open('done');
  expect(await Promise.all([first, second])).toEqual(['done', 'done']);
});

test('a task that throws gives its place back', async () => {
  const queue = boundedQueue({ running: 1, waiting: 0 });
  await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await queue.run(async () => 'yes')).toBe('yes');
});
