import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type CommandLine, commandLine } from '../../../tests/support/command-line.ts';
import { startGateway, type TestGateway } from '../../../tests/support/gateway.ts';
import { runProgram } from '../../../tests/support/psql.ts';
import { type SecretService, startSecretService } from '../../../tests/support/secret-service.ts';

// A real key ring that is nobody's, and the command line in processes of its own. All computers here share one folder.
let gateway: TestGateway;
let keyRing: SecretService;
let config: string;
let file: string;

beforeAll(async () => {
  [gateway, keyRing] = await Promise.all([startGateway(), startSecretService()]);
});

afterAll(async () => {
  await Promise.all([gateway.stop(), keyRing.stop()]);
});

beforeEach(async () => {
  config = await mkdtemp(join(tmpdir(), 'grantway-config-'));
  file = join(config, 'grantway', 'credentials.json');
  return () => rm(config, { recursive: true, force: true });
});

async function computer(env: Readonly<Record<string, string>>): Promise<CommandLine> {
  const made = await commandLine(gateway, gateway.person('viewer'), {
    XDG_CONFIG_HOME: config,
    // Elsewhere it is off, so that nobody's own key ring is touched.
    GRANTWAY_CLI_KEY_RING: '',
    ...env,
  });
  onTestFinished(made.remove);
  return made;
}

/** As on a desktop. */
const withKeyRing = () => computer(keyRing.env);
/** As over SSH. */
const withoutKeyRing = () => computer({});
/** As where npm had no binary for the platform. */
const withoutNativePart = () => computer({ ...keyRing.env, NODE_OPTIONS: `--import ${missingModule}` });
const missingModule = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ resolve(name, context, next) {
    if (name === '@napi-rs/keyring') throw new Error('no binary for this platform');
    return next(name, context);
  } });`)}`;

const getToken = ['token', 'authdb', '--no-browser'] as const;

async function keyInRing(): Promise<string> {
  const look = `
    import { Entry } from '@napi-rs/keyring';
    console.log(new Entry('grantway', ${JSON.stringify(file)}, { linux: { store: 'secret-service' } }).getPassword());`;
  const { stdout } = await runProgram(process.execPath, ['--input-type=module', '-e', look], {
    PATH: process.env.PATH,
    ...keyRing.env,
  });
  return stdout.trim();
}

test('where there is a key ring, the file is sealed with a key that lies there, and logging out removes it', async () => {
  const desktop = await withKeyRing();
  const first = await desktop.run(getToken);
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/^gwt_/);
  expect(first.stderr).not.toContain('key ring');
  const text = await readFile(file, 'utf8');
  expect(JSON.parse(text)).toEqual({ version: 2, sealed: expect.stringMatching(/^1\.system\./) });
  expect(text).not.toContain(await keyInRing());
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  expect(await desktop.run(['token', 'authdb'])).toEqual({ code: 0, stdout: first.stdout, stderr: '' });
  expect(Buffer.from(await keyInRing(), 'base64')).toHaveLength(32);

  expect(await desktop.run(['logout'])).toMatchObject({ code: 0 });
  expect(await keyInRing()).toBe('null');
  expect(await readFile(file, 'utf8')).not.toContain('sealed');
});

test('a sealed file that is read where its key is not says what to do, and stays as it is', async () => {
  await (await withKeyRing()).run(getToken);
  const text = await readFile(file, 'utf8');
  for (const command of [['token', 'authdb'], ['login', '--no-browser'], ['logout']]) {
    const refused = await (await withoutKeyRing()).run(command);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^grantway: .* Unlock the key ring, or remove the file .*$/);
  }
  expect(await readFile(file, 'utf8')).toBe(text);
});

test.each([
  ['no key ring', withoutKeyRing],
  ['no native part for it', withoutNativePart],
])('with %s the file is in clear, for its owner alone, and that is said once', async (_, make) => {
  const here = await make();
  const first = await here.run(getToken);
  expect(first.code).toBe(0);
  expect(first.stderr).toContain(`There is no key ring to use here: ${file} keeps your tokens`);
  expect(await readFile(file, 'utf8')).toContain(first.stdout);
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  const another = await here.run([...getToken, '--role', 'readonly']);
  expect(another.code).toBe(0);
  expect(another.stderr).not.toContain('key ring');
});

test('a file in clear is sealed at its next change where there is a key ring', async () => {
  const { stdout } = await (await withoutKeyRing()).run(getToken);
  const desktop = await withKeyRing();
  expect(await desktop.run(['token', 'authdb'])).toEqual({ code: 0, stdout, stderr: '' });
  await desktop.run([...getToken, '--role', 'readonly']);
  const text = await readFile(file, 'utf8');
  expect(text).toContain('sealed');
  expect(text).not.toContain(stdout);
  expect((await desktop.run(['token', 'authdb'])).stdout).toBe(stdout);
});

test('a key ring that was switched off is left alone, and nothing is said', async () => {
  const here = await computer({ ...keyRing.env, GRANTWAY_CLI_KEY_RING: 'off' });
  expect((await here.run(getToken)).stderr).not.toContain('key ring');
  expect(await readFile(file, 'utf8')).toContain('gwt_');
  expect(await keyInRing()).toBe('null');
});
