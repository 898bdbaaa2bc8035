import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newUuid } from '../core/index.ts';
import { createMasterKey, loadMasterKey } from './master-key.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-master-key-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a master key', () => {
  test('is made once, readable by this user alone, in a folder of its own if needed', async () => {
    const path = join(folder, newUuid(), 'master.key');
    expect(await createMasterKey(path)).toBe('created');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const written = await readFile(path, 'utf8');
    expect(await createMasterKey(path)).toBe('exists');
    expect(await readFile(path, 'utf8')).toBe(written);
    const key = await loadMasterKey(`file:${path}`, '/');
    expect(key.export().toString('base64')).toBe(written.trim());
  });

  test('is one and the same for ten who make it at once, and no draft stays behind', async () => {
    const own = await mkdtemp(join(folder, 'race-'));
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => createMasterKey(join(own, 'master.key'))),
    );
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(await readdir(own)).toEqual(['master.key']);
  });

  test.each(['0640', '0604', '0660', '0644', '0610', '0601', '0666'])(
    'I09 is refused from a file of mode %s, with the command that closes it',
    async (mode) => {
      const path = join(folder, `open-${mode}`);
      await createMasterKey(path);
      await chmod(path, Number.parseInt(mode, 8));
      await expect(loadMasterKey(`file:${path}`, folder)).rejects.toThrow(`chmod 600 ${path}`);
    },
  );

  test.each(['0400', '0600'])('is taken from a file of mode %s', async (mode) => {
    const path = join(folder, `closed-${mode}`);
    await createMasterKey(path);
    await chmod(path, Number.parseInt(mode, 8));
    await expect(loadMasterKey(`file:${path}`, folder)).resolves.toMatchObject({ symmetricKeySize: 32 });
  });

  test('is taken from the environment', async () => {
    process.env.GRANTWAY_TEST_MASTER = randomBytes(32).toString('base64');
    await expect(loadMasterKey('env:GRANTWAY_TEST_MASTER', folder)).resolves.toMatchObject({
      symmetricKeySize: 32,
    });
    delete process.env.GRANTWAY_TEST_MASTER;
  });

  test.each([
    ['text', 'not a key at all'],
    ['16 bytes', randomBytes(16).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['64 bytes', randomBytes(64).toString('base64')],
    ['hexadecimal digits', randomBytes(32).toString('hex')],
    ['two lines', `${randomBytes(32).toString('base64')}\n\n`],
  ])('I09 is refused when it is %s, and is not repeated', async (name, content) => {
    const path = join(folder, `bad-${name.replace(' ', '-')}`);
    await writeFile(path, content, { mode: 0o600 });
    const refusal = String(await loadMasterKey(`file:${path}`, folder).catch((thrown) => thrown));
    expect(refusal).toMatch(/must be 32 bytes in base64/);
    expect(refusal).not.toContain(content);
  });

  test('I09 is refused in clear in the config', async () => {
    const literal = randomBytes(32).toString('base64');
    const refusal = String(await loadMasterKey(literal, folder).catch((thrown) => thrown));
    expect(refusal).toMatch(/write file:PATH/);
    expect(refusal).not.toContain(literal);
  });
});
