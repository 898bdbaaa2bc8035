import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requirements } from './requirements.ts';

const root = join(import.meta.dirname, '..');

/** The ids in the first argument of each `verifies(…)` in any test. Skips count elsewhere: the run fails on them. */
const proven = new Set(
  globSync(['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'], { cwd: root })
    .flatMap((file) => [
      ...readFileSync(join(root, file), 'utf8').matchAll(/\bverifies\(\s*('[^']+'|\[[^\]]+\])/g),
    ])
    .flatMap(([, ids = '']) => [...ids.matchAll(/'([^']+)'/g)])
    .map(([, id = '']) => id),
);

test('every requirement is proven by a test', () => {
  expect(requirements.filter(({ id }) => !proven.has(id)).map(({ id }) => id)).toEqual([]);
});

test('no test claims to prove a requirement that is not listed', () => {
  const listed = new Set<string>(requirements.map(({ id }) => id));
  expect([...proven].filter((id) => !listed.has(id))).toEqual([]);
});

test('every requirement leads to its section', () => {
  const lost = requirements.filter(({ source }) => !/^https:\/\/\S+#section-[\d.]+$/.test(source));
  expect(lost.map(({ id }) => id)).toEqual([]);
  expect(requirements.length).toBeGreaterThanOrEqual(60);
});
