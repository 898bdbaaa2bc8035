import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openKeyRing, openSealed, seal } from './index.ts';

const key = () => randomBytes(32).toString('base64');
const purpose = ['consent', 'https://access.example', 'app', 'local:ada', 'authdb'];

test('what was sealed is opened for the same purpose, and shows nothing of itself', async () => {
  const ring = await openKeyRing({ current: 'k1', keys: { k1: key() } });
  const sealed = await seal(ring, purpose, 'canary-ü');
  expect(sealed).not.toContain('canary');
  expect(await openSealed(ring, purpose, sealed)).toEqual({ outcome: 'opened', text: 'canary-ü' });
  expect(await seal(ring, purpose, 'canary-ü')).not.toBe(sealed);
});

test.each(purpose.map((_, at) => [at]))('part %i of the purpose is bound', async (at) => {
  const ring = await openKeyRing({ current: 'k1', keys: { k1: key() } });
  const sealed = await seal(ring, purpose, 'x');
  const other = purpose.with(at, 'another');
  expect(await openSealed(ring, other, sealed)).toEqual({ outcome: 'unreadable' });
});

test('after a rotation the old key still opens, and without it nothing does', async () => {
  const [old, next] = [key(), key()];
  const sealed = await seal(await openKeyRing({ current: 'old', keys: { old } }), purpose, 'x');
  const both = await openKeyRing({ current: 'next', keys: { old, next } });
  expect(await openSealed(both, purpose, sealed)).toEqual({ outcome: 'opened', text: 'x' });
  expect((await seal(both, purpose, 'x')).split('.')[1]).toBe('next');
  const without = await openKeyRing({ current: 'next', keys: { next } });
  expect(await openSealed(without, purpose, sealed)).toEqual({ outcome: 'unreadable' });
});

test('no change of an envelope goes unnoticed', async () => {
  const ring = await openKeyRing({ current: 'k1', keys: { k1: key() } });
  const sealed = await seal(ring, purpose, 'x');
  const [version = '', id = '', wrapped = '', text = ''] = sealed.split('.');
  const flipped = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1);
  for (const bad of [
    '',
    '....',
    `2.${id}.${wrapped}.${text}`,
    `${version}.${id}.${flipped(wrapped)}.${text}`,
    `${version}.${id}.${wrapped}.${flipped(text)}`,
    `${version}.${id}.${wrapped}`,
    `${version}.${id}.${wrapped}.${text}.more`,
    `${version}.${id}.${wrapped}.%`,
    sealed.slice(0, -4),
  ]) {
    expect(await openSealed(ring, purpose, bad), bad).toEqual({ outcome: 'unreadable' });
  }
});

test.each([
  [
    'too short a key',
    { current: 'k', keys: { k: randomBytes(16).toString('base64') } },
    /"k" must be 32 bytes/,
  ],
  ['no base64', { current: 'k', keys: { k: '%%%' } }, /"k" must be 32 bytes/],
  ['no current key', { current: 'x', keys: { k: key() } }, /"x" is not in the ring/],
  ['an id that cannot be written', { current: 'a.b', keys: { 'a.b': key() } }, /other characters/],
])('a ring with %s is refused', async (_, options, message) => {
  await expect(openKeyRing(options)).rejects.toThrow(message);
});
