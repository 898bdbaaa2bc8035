import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAuthority } from '../../../tests/support/certificates.ts';
import { run } from './main.ts';

const execute = promisify(execFile);
const launcher = join(import.meta.dirname, '..', 'bin', 'grantway');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-cli-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function cli(...argv: readonly string[]) {
  const out = new PassThrough();
  const err = new PassThrough();
  const env = { XDG_CONFIG_HOME: folder, GRANTWAY_CLI_KEY_RING: 'off' };
  const code = await run(argv, { out, err, env, interactive: false });
  return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

const commandLines: readonly (readonly string[])[] = [
  ['demo'],
  ['serve'],
  ['check'],
  ['login'],
  ['logout'],
  ['token'],
  ['connect'],
  ['proxy'],
  ['query'],
  ['explain'],
  ['doctor'],
  ['users', 'list'],
  ['users', 'add'],
  ['users', 'invite'],
  ['users', 'reset'],
  ['users', 'disable'],
  ['users', 'enable'],
  ['users', 'sign-out'],
  ['users', 'reset-factors'],
  ['users', 'remove'],
  ['clients', 'list'],
  ['clients', 'add'],
  ['clients', 'approve'],
  ['clients', 'errors'],
  ['clients', 'rotate'],
  ['clients', 'disable'],
  ['clients', 'enable'],
  ['clients', 'remove'],
  ['sessions', 'list'],
  ['sessions', 'end'],
  ['consents', 'list'],
  ['consents', 'end'],
  ['roles', 'plan'],
  ['roles', 'apply'],
  ['roles', 'rotate'],
  ['audit', 'tail'],
  ['audit', 'statements'],
  ['audit', 'verify'],
  ['audit', 'export'],
  ['keys', 'list'],
  ['keys', 'rotate'],
  ['keys', 'rotate-signing'],
];

test.each(commandLines.map((words) => [words.join(' '), words] as const))(
  'grantway %s --help explains itself with an example and exits with 0',
  async (name, words) => {
    const { code, out, err } = await cli(...words, '--help');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Usage: grantway ${name}`));
    expect(out).toContain(`$ grantway ${name}`);
    expect(err).toBe('');
  },
);

test.each([[['help', 'roles', 'plan']], [['roles', 'help', 'plan']], [['roles', 'plan', '--help']]])(
  '%j is the help of that very command',
  async (words) => {
    const { code, out } = await cli(...words);
    expect({ code, usage: out.split('\n')[0] }).toEqual({
      code: 0,
      usage: 'Usage: grantway roles plan [options] <database>',
    });
  },
);

test('the word help among the arguments of a command is an argument', async () => {
  const { err } = await cli('query', 'authdb', 'help');
  expect(err).toMatch(/Sign in first/);
});

test.each([
  ['an unknown command', ['frobnicate']],
  ['help for an unknown command', ['help', 'frobnicate']],
  ['help for an unknown command of a known one', ['help', 'roles', 'frobnicate']],
  ['help for it in the place of the command', ['roles', 'help', 'frobnicate']],
  ['help for an unknown command by the option', ['frobnicate', '--help']],
  ['no argument where one is needed', ['token']],
  ['an unknown option', ['token', 'authdb', '--frobnicate']],
  ['two ways to sign in', ['login', 'https://a.example', '--device', '--no-browser']],
  ['a limit that is no number', ['query', 'authdb', 'select 1', '--limit', 'all']],
  ['no user to explain', ['explain', 'authdb']],
  ['what can be no name of a database', ['token', 'authdb:readonly', '--issuer', 'https://a.example']],
  ['two names where one is meant', ['connect', 'authdb openid', '--issuer', 'https://a.example']],
  ['a port that is none', ['proxy', 'authdb', '--port', '0']],
  ['a number where a time is meant', ['audit', 'tail', '--since', '5']],
  ['a time that says no zone', ['audit', 'statements', '--until', '2026-01-31T12:00']],
  ['a group without a name', ['users', 'add', 'ada@example.com', '--group', '']],
  ['what can be no name of a role', ['query', 'authdb', 'select 1', '--role', 'Read only']],
])('%s is a wrong command line: exit code 2, and nothing on standard output', async (_, argv) => {
  const { code, out, err } = await cli(...argv);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toMatch(/^grantway: .+\n(\(Did you mean .+\n)?How to write it: grantway.* --help\n$/);
});

test('without a sign-in a command says how to get one', async () => {
  expect(await cli('token', 'authdb')).toEqual({
    code: 1,
    out: '',
    err: 'grantway: Sign in first: grantway login https://your-gateway.example\n',
  });
});

test('signing out without a sign-in is done already', async () => {
  expect(await cli('logout')).toEqual({ code: 0, out: '', err: 'You are not signed in.\n' });
});

test('signing out of what is no address is told so', async () => {
  const err = 'grantway: "gateway" is not an address. Write it as https://host.\n';
  expect(await cli('logout', '--issuer', 'gateway')).toEqual({ code: 1, out: '', err });
});

test('a file of authorities that is not there is named, before anything is asked', async () => {
  const { code, err } = await cli('proxy', 'authdb', '--ca', '/nowhere.pem', '--issuer', 'https://a.example');
  expect({ code, err }).toEqual({
    code: 1,
    err: 'grantway: The file /nowhere.pem of --ca cannot be read: ENOENT.\n',
  });
});

test('an address that is neither encrypted nor this machine is refused before anything is sent', async () => {
  const { code, err } = await cli('token', 'authdb', '--issuer', 'http://access.example.com');
  expect(code).toBe(1);
  expect(err).toContain('https://');
});

test('two gateways in one command are one too many', async () => {
  const { code, err } = await cli('login', 'https://a.example', '--issuer', 'https://b.example');
  expect(code).toBe(2);
  expect(err).toContain('once');
});

test('data that cannot be written is a failure, and not taken for printed', async () => {
  await using nowhere = await open('/dev/null', 'r');
  const child = spawn(process.execPath, [launcher, '--version'], { stdio: ['ignore', nowhere.fd, 'pipe'] });
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = await once(child, 'close');
  expect({ code, err }).toEqual({
    code: 1,
    err: 'grantway: Not everything could be written to standard output: EBADF.\n',
  });
});

test('a config with mistakes is refused with all of them', async () => {
  const file = join(folder, 'bad.yaml');
  await writeFile(file, 'issuer: nonsense\nfrobnicate: true\n');
  const { code, out, err } = await cli('check', '--config', file);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toContain('issuer');
  expect(err).toContain('frobnicate');
});

test('the mistakes of a config come as JSON, each with its place and the fix', async () => {
  const file = join(folder, 'bad.yaml');
  await writeFile(file, 'issuer: nonsense\nmasterKey: hunter2\nlisten: { http: 127.0.0.1:8400 }\n');
  const { code, out, err } = await cli('check', '--config', file, '--json');
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(JSON.parse(out)).toEqual([
    {
      path: 'databases',
      line: 1,
      column: 1,
      message: 'The key databases is missing.',
      fix: expect.any(String),
    },
    { path: 'issuer', line: 1, column: 1, message: 'This is not a web address.', fix: expect.any(String) },
    {
      path: 'masterKey',
      line: 2,
      column: 1,
      message: 'A secret is never written in this file.',
      fix: expect.any(String),
    },
  ]);
});

test('a config file that is not there is named', async () => {
  const file = join(folder, 'none.yaml');
  const sentence = `The config file ${file} cannot be read: no such file or directory.`;
  const fix = 'Name one that this account may read with --config FILE.';
  for (const command of [['users', 'list'], ['serve'], ['check']])
    expect(await cli(...command, '--config', file)).toEqual({
      code: 1,
      out: '',
      err: `grantway: ${sentence} ${fix}\n`,
    });
  const { out } = await cli('check', '--json', '--config', file);
  expect(JSON.parse(out)).toEqual([{ path: '', message: sentence, fix }]);
});

test('a gateway whose certificate comes from an authority of the system is trusted, and another one is told of', async () => {
  const authority = await makeAuthority();
  const { certificate, privateKey } = await authority.issue(['localhost']);
  const server = createServer({ cert: certificate, key: privateKey }, (_, response) =>
    response.writeHead(404).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address();
  const issuer = `https://localhost:${typeof address === 'object' ? address?.port : ''}`;
  const file = join(folder, 'authority.crt');
  await writeFile(file, authority.certificate);
  const login = async (env: Readonly<Record<string, string>>) =>
    await execute(process.execPath, [launcher, 'login', issuer, '--no-browser'], {
      env: { HOME: folder, XDG_CONFIG_HOME: folder, GRANTWAY_CLI_KEY_RING: 'off', ...env },
    }).catch(({ stderr }: { readonly stderr: string }) => stderr);
  expect(await login({})).toContain('NODE_EXTRA_CA_CERTS');
  const trusting = await login({ SSL_CERT_FILE: file });
  expect(trusting).not.toContain('cannot be reached');
  expect(trusting).not.toBe('');
  server.close();
});

test('the launcher works through a symbolic link, as npm makes one', async () => {
  const link = join(folder, 'linked-grantway');
  await symlink(launcher, link);
  const { stdout } = await execute(process.execPath, [link, '--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('the launcher tells an old Node.js what to do, instead of failing in the middle', async () => {
  const pretend = "Object.defineProperty(process.versions, 'node', { value: '18.0.0' });";
  const preload = join(folder, 'old.cjs');
  await writeFile(preload, pretend);
  await expect(
    execute(process.execPath, ['--require', preload, launcher, '--version']),
  ).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Node.js 24'),
  });
});
