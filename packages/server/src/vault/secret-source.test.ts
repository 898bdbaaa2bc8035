import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secretSource } from './secret-source.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-secrets-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const resolved = async (reference: string) => (await secretSource(folder).resolve(reference)).reveal();

describe('a secret reference', () => {
  test('reads an environment variable as it is', async () => {
    process.env.GRANTWAY_TEST_SECRET = ' spaced \n';
    expect(await resolved('env:GRANTWAY_TEST_SECRET')).toBe(' spaced \n');
    delete process.env.GRANTWAY_TEST_SECRET;
  });

  test('refuses a variable that is not set or empty, and names it', async () => {
    await expect(resolved('env:GRANTWAY_TEST_MISSING')).rejects.toThrow(/GRANTWAY_TEST_MISSING is not set/);
    process.env.GRANTWAY_TEST_EMPTY = '';
    await expect(resolved('env:GRANTWAY_TEST_EMPTY')).rejects.toThrow(/GRANTWAY_TEST_EMPTY is not set/);
    delete process.env.GRANTWAY_TEST_EMPTY;
  });

  test.each([
    ['without a newline', 'value', 'value'],
    ['with a newline', 'value\n', 'value'],
    ['with a newline of Windows', 'value\r\n', 'value'],
    ['with two newlines, of which one belongs to it', 'value\n\n', 'value\n'],
    ['with spaces, which belong to it', ' value ', ' value '],
    ['with other letters', 'пароль\n', 'пароль'],
  ])('reads a file %s', async (_, content, expected) => {
    await writeFile(join(folder, 'secret'), content);
    expect(await resolved('file:./secret')).toBe(expected);
    expect(await resolved('file:secret')).toBe(expected);
    expect(await resolved(`file:${join(folder, 'secret')}`)).toBe(expected);
  });

  test.each([
    ['is missing', async () => {}, /cannot be read: no such file or directory/],
    ['is a folder', (path: string) => mkdir(path), /not a regular file/],
    [
      'is a named pipe, without waiting for it',
      async (path: string) => {
        execFileSync('mkfifo', [path]);
      },
      /not a regular file/,
    ],
    ['is empty', (path: string) => writeFile(path, ''), /is empty/],
    ['holds a newline alone', (path: string) => writeFile(path, '\n'), /is empty/],
    ['is larger than 64 KiB', (path: string) => writeFile(path, 'x'.repeat(65_537)), /larger than 64 KiB/],
  ])('refuses a file that %s', async (name, make, sentence) => {
    const file = name.replaceAll(/\W+/g, '-');
    await make(join(folder, file));
    await expect(resolved(`file:${file}`)).rejects.toThrow(sentence);
    await expect(resolved(`file:${file}`)).rejects.toThrow(join(folder, file));
  });

  test.each([
    'hunter2',
    '',
    'env:',
    'env:HUNTER-2',
    'env:2HUNTER',
    'file:',
    'FILE:hunter2',
    'vault:hunter2',
    ' env:HUNTER2',
    'env:HUNTER2 ',
    'file:hunter2\nx',
  ])('refuses %j with the sentence that says how to write it, and does not repeat it', async (reference) => {
    const refusal = String(await resolved(reference).catch((thrown) => thrown));
    expect(refusal).toMatch(/write env:NAME, or into a file of its own and write file:PATH/);
    expect(refusal).not.toMatch(/hunter/i);
  });
});
