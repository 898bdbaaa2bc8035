import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';

const root = join(import.meta.dirname, '../../../..');

test.each(globSync('examples/*/grantway.yaml', { cwd: root }))('%s has no mistake', async (file) => {
  expect(await loadConfig(join(root, file), { env: {} })).toMatchObject({ outcome: 'loaded' });
});
