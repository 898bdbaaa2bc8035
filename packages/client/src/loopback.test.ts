import { expect, test } from 'vitest';
import { isLoopbackHost } from './loopback.ts';

test.each(['localhost', '127.0.0.1', '127.8.9.10', '[::1]', '::1'])('%s is this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

test.each([
  '',
  'localhost.example',
  '127.0.0.1.example',
  '128.0.0.1',
  '0.0.0.0',
  '::',
  '[::2]',
  '::ffff:127.0.0.1',
])('%j is not known to be this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});
