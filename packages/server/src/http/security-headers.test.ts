import { expect, test } from 'vitest';
import { formTargetOf } from './security-headers.ts';

test.each([
  ['https://bi.acme.example/callback?x=1', 'https://bi.acme.example'],
  ['https://bi.acme.example:8443/callback', 'https://bi.acme.example:8443'],
  ['http://127.0.0.1:49152/callback', 'http://127.0.0.1:49152'],
  ['http://[::1]:49152/callback', 'http:'],
  ['com.example.app:/callback', 'com.example.app:'],
])('a form may lead to %s as %s', (redirectUri, source) => {
  expect(formTargetOf(redirectUri)).toBe(source);
});
