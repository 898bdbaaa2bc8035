import { expect, test } from 'vitest';
import { DescriptorWatch } from './descriptor-watch.ts';

test('connections that cannot be taken are told once a minute, however many there are', () => {
  const said: string[] = [];
  let now = 0;
  const watch = new DescriptorWatch({ problem: (message) => said.push(message) }, { monotonic: () => now });
  const exhausted = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
  for (now = 0; now < 180_000; now += 1_000) watch.couldNotAccept(exhausted);
  expect(said).toHaveLength(3);
  expect(said[0]).toContain('no file descriptors are left');
  watch.couldNotAccept(new Error('accept ENOMEM'));
  expect(said[3]).toBe('a door could not take a connection');
});
