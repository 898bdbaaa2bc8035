import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failure } from '../failure.ts';
import type { Credentials } from './credentials.ts';
import { credentialsFile } from './credentials-file.ts';

const run = promisify(execFile);
let home: string;
let path: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'grantway-credentials-'));
  path = join(home, 'grantway', 'credentials.json');
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

/** No test may touch the key ring of whoever runs it. */
const env = () => ({ XDG_CONFIG_HOME: home, GRANTWAY_CLI_KEY_RING: 'off' });
const file = () => credentialsFile({ env: env(), err: new PassThrough() });

const sample: Credentials = {
  current: 'https://access.example',
  logins: new Map([
    [
      'https://access.example',
      {
        method: 'device',
        person: 'local:ada@example.com',
        refreshToken: 'r0',
        accesses: new Map([
          [
            'authdb:readonly',
            {
              accessToken: 'gwt_1',
              expiresAt: 1_700_000_000_000,
              refreshToken: 'r1',
              connection: {
                database: 'authdb',
                role: 'readonly',
                engine: 'postgres',
                host: 'db.example',
                port: 15432,
                username: 'readonly',
              },
            },
          ],
        ]),
      },
    ],
  ]),
};

test('nothing is kept at first', async () => {
  expect(await file().read()).toEqual({ current: undefined, logins: new Map() });
});

test('what was written is read again, and only this account can read it', async () => {
  await file().update(async () => sample);
  expect(await file().read()).toEqual(sample);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(home, 'grantway'))).mode & 0o777).toBe(0o700);
});

test('a file that is none, or in a folder that is none, is told with its path', async () => {
  await mkdir(path, { recursive: true });
  const told = (why: string) =>
    new Failure(
      `Your tokens are kept in ${path}, which cannot be used: ${why}. Give it to your account, or name another folder in XDG_CONFIG_HOME.`,
    );
  await expect(file().read()).rejects.toThrow(told('illegal operation on a directory'));
  await expect(file().update(async () => sample)).rejects.toThrow(told('illegal operation on a directory'));
  await rm(join(home, 'grantway'), { recursive: true });
  await writeFile(join(home, 'grantway'), '');
  await expect(file().read()).rejects.toThrow(told('not a directory'));
  await expect(file().update(async () => sample)).rejects.toThrow(told('file already exists'));
});

test('a file that others could read is closed to them at the next change', async () => {
  await mkdir(join(home, 'grantway'));
  await writeFile(`${path}.new`, 'left over', { mode: 0o644 });
  await file().update(async () => sample);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test.each([
  ['no JSON', '{'],
  ['another version', '{"version":3,"logins":{}}'],
  ['a seal that is none', '{"version":2,"sealed":7}'],
  ['a list', '[]'],
  ['a login without its tokens', '{"version":1,"logins":{"https://a":{"person":"x"}}}'],
  [
    'a port that is text',
    '{"version":1,"logins":{"https://a":{"person":"x","accesses":{"db":{"accessToken":"t","expiresAt":"soon"}}}}}',
  ],
])('a file with %s is refused with what to do, and stays', async (_, text) => {
  await mkdir(join(home, 'grantway'));
  await writeFile(path, text);
  await expect(file().read()).rejects.toThrow(Failure);
  await expect(file().update(async () => sample)).rejects.toThrow(/grantway login/);
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('a failed change leaves the file and the lock as they were', async () => {
  await file().update(async () => sample);
  await expect(
    file().update(async () => {
      throw new Failure('no');
    }),
  ).rejects.toThrow('no');
  expect(await file().read()).toEqual(sample);
  await file().update(async (credentials) => ({ ...credentials, current: undefined }));
});

test('changes of several processes at once are all kept', async () => {
  const count = `
    import { credentialsFile } from ${JSON.stringify(join(import.meta.dirname, 'credentials-file.ts'))};
    for (let i = 0; i < 20; i++)
      await credentialsFile({ env: process.env, err: process.stderr }).update(async (credentials) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return { ...credentials, current: String(Number(credentials.current ?? 0) + 1) };
      });`;
  await Promise.all(
    Array.from({ length: 4 }, () =>
      run(process.execPath, ['--input-type=module', '-e', count], { env: { ...process.env, ...env() } }),
    ),
  );
  expect((await file().read()).current).toBe('80');
});

test('the lock of a process that was killed is free at once', async () => {
  const holder = join(home, 'holder.mjs');
  await writeFile(
    holder,
    `import { credentialsFile } from ${JSON.stringify(join(import.meta.dirname, 'credentials-file.ts'))};
     await credentialsFile({ env: process.env, err: process.stderr }).update(async () => { process.send('held'); await new Promise((r) => setTimeout(r, 1e6)); });`,
  );
  const child = fork(holder, { env: { ...process.env, ...env() } });
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await file().update(async () => sample);
  expect(await file().read()).toEqual(sample);
});

test('a folder that is named from where the command was started is none to keep tokens in', async () => {
  const surroundings = { XDG_CONFIG_HOME: 'config', HOME: home, GRANTWAY_CLI_KEY_RING: 'off' };
  await credentialsFile({ env: surroundings, err: new PassThrough() }).update(async () => sample);
  expect((await stat(join(home, '.config', 'grantway', 'credentials.json'))).isFile()).toBe(true);
});
