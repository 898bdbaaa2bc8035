import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from './directory-lock.ts';

const execute = promisify(execFile);
const inUse = (processId: string) => `in use by ${processId}`;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'grantway-lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a directory has one owner, whom the others are told, until it lets go', () => {
  const lock = lockDirectory(directory, { inUse });
  expect(() => lockDirectory(directory, { inUse })).toThrow(`in use by ${process.pid}`);
  lock.release();
  lockDirectory(directory, { inUse }).release();
});

test('a disk that is full is told as that, and not as the last owner', async () => {
  await writeFile(join(directory, 'writer.pid'), '4711\n');
  const module = join(import.meta.dirname, 'directory-lock.ts');
  const code = `import(process.argv[1]).then(({ lockDirectory }) =>
    lockDirectory(process.argv[2], { inUse: () => 'in use' })).then(console.log, (thrown) => console.log(thrown.message))`;
  // No byte may be written to any file, as on a full disk, and that needs no rights.
  const { stdout } = await execute('/bin/sh', [
    '-c',
    'ulimit -S -f 0; exec "$0" -e "$1" "$2" "$3"',
    process.execPath,
    code,
    module,
    directory,
  ]);
  expect(stdout).toMatch(/^The directory \S+ cannot be locked: .*(full|disk)/);
});
