import { expect, it } from 'vitest';
import { redirectDifference } from './redirect-difference.ts';

const registered = ['https://bi.acme.example/callback', 'http://127.0.0.1/cb'];
const native = { registered, usable: registered, anyPort: true };

it.each([
  [
    'http://bi.acme.example/callback',
    /bi\.acme.*: the scheme is http, not https; the port is 80, not 443\.$/,
  ],
  ['https://bi.acme.example/callback/', /: it ends with a slash, the registered one does not\.$/],
  ['https://bi.acme.example/Callback', /: upper and lower case of the path differ\.$/],
  ['https://bi.acme.example:8443/callback', /: the port is 8443, not 443\.$/],
  ['https://www.acme.example/callback', /: the host is www\.acme\.example, not bi\.acme\.example\.$/],
  [
    'https://bi.acme.example/callback?tenant=1',
    /callback\?….*: it has a query, the registered one has none\.$/,
  ],
  ['https://bi.acme.example/oauth', /: the path is \/oauth, not \/callback\.$/],
  ['http://127.0.0.1:4711/callback', /127\.0\.0\.1\/cb: the path is \/callback, not \/cb\.$/],
  ['http://localhost:4711/cb', /: the host is localhost, not 127\.0\.0\.1\.$/],
  ['HTTPS://bi.acme.example/callback', /: it is written differently, and the comparison is exact\.$/],
  ['callback', /is no absolute URL\.$/],
])('says how %s differs', (given, sentence) => {
  expect(redirectDifference(given, native)).toMatch(sentence);
});

it('never repeats a query, and cuts what is long', () => {
  const sentence = redirectDifference(`https://x.example/${'a'.repeat(5_000)}?token=canary`, native);
  expect(sentence).not.toContain('canary');
  expect(sentence.length).toBeLessThan(1_000);
});

it('says when nothing is registered', () => {
  expect(redirectDifference('https://x.example/cb', { registered: [], usable: [], anyPort: false })).toBe(
    'This application has no redirect URI registered.',
  );
});

it('says that one is registered, and why it does not work in test mode', () => {
  const testing = { ...native, usable: ['http://127.0.0.1/cb'] };
  expect(redirectDifference('https://bi.acme.example/callback', testing)).toBe(
    'The redirect URI https://bi.acme.example/callback is registered, but the application is in test mode: until an administrator approves it, it leads back to your own machine alone, to http://127.0.0.1/cb.',
  );
  expect(redirectDifference('https://bi.acme.example/callback/', testing)).toMatch(
    /nearest is https:\/\/bi\.acme\.example\/callback: it ends with a slash/,
  );
});

it('counts the port of a loopback address where the client is no native one', () => {
  const sentence = redirectDifference('http://127.0.0.1:4711/cb', { ...native, anyPort: false });
  expect(sentence).toMatch(/: the port is 4711, not 80\.$/);
});
