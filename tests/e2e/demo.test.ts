import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { compiledCode } from '../support/compiled-code.ts';
import { endWithRun } from '../support/end-with-run.ts';
import { readAnswer } from '../support/gateway.ts';
import { Person } from '../support/person.ts';
import { psql } from '../support/psql.ts';

const cli = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'main.ts');
const connectButton = join(import.meta.dirname, '..', '..', 'examples', 'connect-button', 'src', 'main.ts');

/** What `npm start` printed, as a person reads it. */
interface Demo {
  readonly process: ChildProcess;
  readonly issuer: string;
  readonly port: number;
  readonly passwords: ReadonlyMap<string, string>;
}

let folder: string;
let demo: Demo;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-demo-e2e-'));
  demo = await start();
}, 120_000);
afterAll(async () => {
  if (demo) await stop(demo);
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<Demo> {
  const child = spawn(process.execPath, [cli, 'demo', '--data-dir', join(folder, 'state')], {
    cwd: folder,
    env: { ...compiledCode, PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithRun(child);
  let output = '';
  const printed = new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      output += chunk;
      if (output.includes('Ctrl-C')) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${output}`)));
  });
  await printed;
  const people = [...output.matchAll(/^ +(\w+@example\.com) +(\S+)$/gm)];
  return {
    process: child,
    issuer: /Grantway runs at (\S+)/.exec(output)?.[1] ?? '',
    port: Number(/-p (\d+)/.exec(output)?.[1]),
    passwords: new Map(people.map(([, name = '', password = '']) => [name, password])),
  };
}

async function stop({ process: child }: Demo): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** What `grantway login` and `grantway token authdb` do together, with the person at the browser. */
async function tokenOf(username: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const redirect_uri = 'http://127.0.0.1:49152/callback';
  const request = new URL(`${demo.issuer}/oauth/authorize`);
  request.search = new URLSearchParams({
    client_id: 'grantway-cli',
    response_type: 'code',
    redirect_uri,
    scope: 'db:authdb',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const end = await new Person(demo.issuer, username, demo.passwords.get(username) ?? '').authorize(request);
  if (end.kind === 'page') throw new Error(`no code, but a page:\n${end.html}`);
  const { body } = await readAnswer(
    await fetch(`${demo.issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'grantway-cli',
        code: end.to.searchParams.get('code') ?? '',
        code_verifier: verifier,
        redirect_uri,
      }),
    }),
  );
  return String(body.access_token);
}

const insert = "INSERT INTO users (name, email) VALUES ('New', 'new@example.com')";

test('the demo prints three people, and each gets what the name says', async () => {
  expect([...demo.passwords.keys()]).toHaveLength(3);

  const viewer = { token: await tokenOf('viewer@example.com') };
  const read = await psql(demo, viewer, 'SELECT session_user, count(*) FROM users GROUP BY 1');
  expect(read.stdout).toBe('app_readonly|3');
  expect((await psql(demo, viewer, insert)).stderr).toContain('permission denied for table users');

  const editor = { token: await tokenOf('editor@example.com') };
  expect((await psql(demo, editor, insert)).stdout).toBe('INSERT 0 1');
  expect((await psql(demo, editor, 'CREATE TABLE t (id int)')).stderr).toContain('permission denied');

  const admin = { token: await tokenOf('admin@example.com') };
  expect((await psql(demo, admin, 'CREATE TABLE t (id int)')).stdout).toBe('CREATE TABLE');
});

test('the example with the Connect button runs beside the demo, and reads as the person who connected', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const example = spawn(process.execPath, [connectButton], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      CONNECT_ISSUER: demo.issuer,
      CONNECT_BASE_URL: url,
      CONNECT_CLIENT_SECRET_FILE: join(folder, 'state', 'demo', 'connect-button-secret'),
      CONNECT_DATA_DIR: join(folder, 'connect-button'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithRun(example);
  try {
    const [printed] = await once(example.stdout, 'data');
    expect(String(printed)).toContain(`Open ${url}\n`);
    const ask = async (address: string, cookies: readonly string[] = []) =>
      await fetch(new URL(address, url), { redirect: 'manual', headers: { cookie: cookies.join('; ') } });
    const cookiesOf = (response: Response) =>
      response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');

    expect(await (await ask('/')).text()).toContain('This gateway has no MySQL database');
    const begun = await ask('/connect/auth?database=authdb');
    const password = demo.passwords.get('viewer@example.com') ?? '';
    const viewer = new Person(demo.issuer, 'viewer@example.com', password);
    const end = await viewer.authorize(new URL(begun.headers.get('location') ?? ''));
    if (end.kind === 'page') throw new Error(`not sent back, but a page:\n${end.html}`);
    const finished = await ask(end.to.href, cookiesOf(begun));
    expect(finished.headers.get('location')).toBe('/');
    const page = await (await ask('/', cookiesOf(finished))).text();
    for (const part of ['viewer@example.com', 'readonly', 'Ada Lovelace']) expect(page).toContain(part);
  } finally {
    const ended = once(example, 'exit');
    example.kill();
    await ended;
  }
});

test('the demo survives a restart with its people, its data and the tokens that it gave', async () => {
  const token = await tokenOf('editor@example.com');
  const { passwords } = demo;
  await stop(demo);
  demo = await start();
  expect([...demo.passwords]).toEqual([...passwords]);
  const { stdout, stderr } = await psql(demo, { token }, "SELECT count(*) FROM users WHERE name = 'New'");
  expect(stdout, stderr).toBe('1');
});
