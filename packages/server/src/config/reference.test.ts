import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceFiles } from '../../../../tools/generate-reference.ts';

const root = join(import.meta.dirname, '../../../..');

describe('the reference', () => {
  it.each([...referenceFiles()])(
    '%s is what `node tools/generate-reference.ts` makes',
    async (path, text) => {
      expect(await readFile(join(root, path), 'utf8')).toBe(text);
    },
  );
});
