import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { filesUnder, findSecrets } from './secret-search.ts';

const secret = `gwt_${randomBytes(32).toString('base64url')}`;
const secrets = new Map([['the token', secret]]);

test.each<readonly [string, string | Buffer]>([
  ['as it is', `before ${secret} after`],
  ['cut off at its end', secret.slice(0, 20)],
  ['without its beginning', secret.slice(-16)],
  ['in hexadecimal', `x${Buffer.from(secret).toString('hex')}x`],
  ['in upper case hexadecimal', Buffer.from(secret).toString('hex').toUpperCase()],
  ...[0, 1, 2, 3].flatMap((before) =>
    (['base64', 'base64url'] as const).map((encoding) => {
      const whole = Buffer.from(`${'c'.repeat(before)}${secret}:x`);
      return [`in ${encoding} after ${before} others`, whole.toString(encoding)] as const;
    }),
  ),
  ['between bytes that are no text', Buffer.concat([randomBytes(50), Buffer.from(secret), randomBytes(50)])],
])('a secret is found %s', (_, content) => {
  expect(findSecrets(secrets, [{ name: 'there', content }])).toHaveLength(1);
});

test.each([
  ['URL-encoded', encodeURIComponent],
  ['in JSON', JSON.stringify],
  [
    'in HTML',
    (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  ],
])('a secret with other characters is found %s', (_, write) => {
  const odd = new Map([['the password', 'pass "word" <&> + / 1234']]);
  expect(findSecrets(odd, [{ name: 'there', content: write(odd.get('the password') ?? '') }])).toHaveLength(
    1,
  );
});

test('what is found is named, with its place, and not repeated', () => {
  const found = findSecrets(secrets, [
    { name: 'here', content: 'nothing' },
    { name: 'there', content: secret },
  ]);
  expect(found).toEqual(['there holds the token (as it is)']);
});

test('files of every depth are looked through', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-search-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'a', 'b', 'deep'), secret);
  expect(findSecrets(secrets, await filesUnder(folder))).toHaveLength(1);
});
