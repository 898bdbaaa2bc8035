import { expect, test } from 'vitest';
import { logoImage } from './logo-image.ts';

const start = {
  png: '89504e470d0a1a0a0000',
  jpeg: 'ffd8ffe000104a46',
  webp: '524946460a00000057454250',
};

test.each(Object.entries(start))('takes %s by its bytes', (type, bytes) => {
  expect(logoImage(Buffer.from(bytes, 'hex'))).toMatch(new RegExp(`^data:image/${type};base64,`));
});

test('takes nothing for nothing', () => {
  expect(logoImage(Buffer.alloc(0))).toBe(undefined);
});

test.each([
  ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ['a page', Buffer.from('<!doctype html>')],
  ['RIFF that is no image', Buffer.from('524946460a00000057415645', 'hex')],
  ['more than 32 KB', Buffer.concat([Buffer.from(start.png, 'hex'), Buffer.alloc(33_000)])],
])('refuses %s', (_what, bytes) => {
  expect(() => logoImage(bytes)).toThrow(/PNG, JPEG or WebP/);
});
