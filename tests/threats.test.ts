import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { threats } from './threats.ts';

const root = join(import.meta.dirname, '..');

/** The letters of the groups that are listed. */
const groups = [...new Set(Object.keys(threats).map(([letter]) => letter))].join('');

/** The ids at the beginning of a title of a test, a suite or a row. Skips count elsewhere: the run fails on them. */
const named = new Set(
  globSync(['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'], { cwd: root })
    .flatMap((file) => [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        new RegExp(`['"\`]((?:[${groups}]\\d\\d )+)(?=\\S)`, 'g'),
      ),
    ])
    .flatMap(([, ids = '']) => ids.trim().split(' ')),
);

test('every threat is named by a test that shows how it is stood', () => {
  expect(Object.keys(threats).filter((id) => !named.has(id))).toEqual([]);
});

test('no test names a threat that is not listed', () => {
  expect([...named].filter((id) => !Object.hasOwn(threats, id))).toEqual([]);
});
