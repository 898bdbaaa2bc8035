import { expect, test } from 'vitest';
import { formTargetsOf } from './security-headers.ts';

test.each([
  ['https://bi.acme.example/callback?x=1', 'https://bi.acme.example'],
  ['https://bi.acme.example:8443/callback', 'https://bi.acme.example:8443'],
  ['http://127.0.0.1:49152/callback', 'http://127.0.0.1:49152'],
  ['http://[::1]:49152/callback', 'http:'],
  ['com.example.app:/callback', 'com.example.app:'],
])('a form may lead to %s as %s', (redirectUri, source) => {
  expect(formTargetsOf(redirectUri)).toEqual([source]);
});

test.each([
  'https://a;script-src-elem.example/cb',
  'https://a,b.example/cb',
  "https://a'b.example/cb",
  'https://*.example/cb',
  'https://bi.acme.example./cb',
])('a form may not lead to %s, which would be something else in the header', (redirectUri) => {
  expect(formTargetsOf(redirectUri)).toEqual([]);
});
