import { describe, expect, it } from 'vitest';
import { Refusal } from '../core/index.ts';
import { assertRedirectUris } from './client-metadata.ts';

describe('a redirect URI that somebody registers, over whatever way', () => {
  it.each([
    'https://app.example/callback',
    'https://app.example:8443/callback?tenant=1',
    'http://127.0.0.1/callback',
    'http://[::1]:4000/',
    'http://localhost:3000/callback',
  ])('may be %s', (uri) => {
    expect(() => assertRedirectUris([uri])).not.toThrow();
  });

  it.each([
    ['a fragment', 'https://app.example/callback#here'],
    ['an empty fragment', 'https://app.example/callback#'],
    ['a wildcard', 'https://*.app.example/callback'],
    ['a user name', 'https://app.example@evil.example/callback'],
    ['a password', 'https://:x@evil.example/callback'],
    ['http to elsewhere', 'http://app.example/callback'],
    ['http to a name that looks like this machine', 'http://localhost.evil.example/callback'],
    ['a script', 'javascript:alert(1)'],
    ['a scheme of its own', 'acme:/callback'],
    ['no scheme', '/callback'],
    ['too much', `https://app.example/${'x'.repeat(2_000)}`],
  ])('F01 F12 that has %s is refused', (_what, uri) => {
    expect(() => assertRedirectUris(['https://app.example/callback', uri])).toThrow(Refusal);
  });
});
