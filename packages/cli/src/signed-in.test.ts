import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { allowInBrowser } from '../../../tests/support/allow-in-browser.ts';
import { makeAuthority } from '../../../tests/support/certificates.ts';
import { cliEnvironment } from '../../../tests/support/cli-environment.ts';
import { startGateway, type TestGateway } from '../../../tests/support/gateway.ts';
import type { Person } from '../../../tests/support/person.ts';

// A real gateway in its own process, the command line in its own, and a browser that knows cookies and forms.
let gateway: TestGateway;
let person: Person;
let home: string;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.stop();
});

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'grantway-cli-'));
  person = gateway.person('editor');
  return () => rm(home, { recursive: true, force: true });
});

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `grantway`; `browser` sees each address that it prints for a person to open. */
function cli(
  args: readonly string[],
  options: {
    readonly browser?: (url: URL) => Promise<void>;
    readonly onStart?: (child: ChildProcess) => void;
  } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: cliEnvironment(home, gateway.issuer),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.onStart?.(child);
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    let opened = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      const [url] = /http:\/\/\S+(?=\n)/.exec(err) ?? [];
      if (url === undefined || opened || options.browser === undefined) return;
      opened = true;
      options.browser(new URL(url)).catch(reject);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** Signs in, allows, and comes back to the loopback address as a browser does. */
async function allow(url: URL): Promise<void> {
  const page = await allowInBrowser(person, url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('You are signed in');
}

async function deny(url: URL): Promise<void> {
  const end = await person.authorize(url, 'deny');
  if (end.kind === 'page') throw new Error(`the browser stayed at ${end.url}`);
  expect((await fetch(end.to)).status).toBe(400);
}

const login = () => cli(['login', '--no-browser'], { browser: allow });
const token = (...args: readonly string[]) =>
  cli(['token', 'authdb', '--no-browser', ...args], { browser: allow });

/** Makes the kept access tokens old, as fifteen minutes do. */
async function age(): Promise<void> {
  const file = join(home, '.config', 'grantway', 'credentials.json');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll(/"expiresAt": \d+/g, '"expiresAt": 1'));
}

test('login says who signed in; the first token needs a consent, the next ones nobody', async () => {
  const signedIn = await login();
  expect(signedIn.err).toContain(`Signed in at ${gateway.issuer} as editor@example.com.`);
  expect(signedIn).toMatchObject({ code: 0, out: '' });

  const first = await token();
  expect(first.code).toBe(0);
  expect(first.out).toMatch(/^gwt_\S{10,75}\n$/);
  expect(await cli(['token', 'authdb'])).toEqual({ code: 0, out: first.out, err: '' });
});

test('a token comes in its signed form for those who take nothing else', async () => {
  await token();
  const { code, out } = await cli(['token', 'authdb', '--jwt']);
  expect(code).toBe(0);
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const answer = await fetch(`${gateway.issuer}/api/v1/me`, {
    headers: { authorization: `Bearer ${out.trimEnd()}` },
  });
  expect(await answer.json()).toMatchObject({ database: 'authdb', client: 'grantway-cli' });
});

test('an old token is renewed without a person, by one of several commands at once', async () => {
  const { out: first } = await token();
  await age();
  const renewed = await Promise.all([1, 2, 3].map(() => cli(['token', 'authdb'])));
  expect(renewed.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(new Set(renewed.map(({ out }) => out)).size).toBe(1);
  expect(renewed[0]?.out).not.toBe(first);
});

test.each([
  [['token', 'nowhere'], 'There is no database named nowhere (scope db:nowhere).'],
  [['connect', 'nowhere'], 'There is no database named nowhere (scope db:nowhere).'],
  [['proxy', 'nowhere'], 'There is no database named nowhere (scope db:nowhere).'],
  [['query', 'nowhere', 'select 1'], 'There is no database named nowhere (scope db:nowhere).'],
  [
    ['token', 'authdb', '--role', 'emperor'],
    'The database authdb has no role named emperor (scope db:authdb:emperor).',
  ],
])('grantway %j ends with a sentence as soon as the person has signed in', async (args, sentence) => {
  const browser = async (url: URL) => {
    const end = await person.authorize(url);
    if (end.kind === 'page') throw new Error(`the browser stayed at ${end.url}`);
    expect(await (await fetch(end.to)).text()).toContain(sentence);
  };
  expect(await cli([...args, '--no-browser'], { browser })).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining(`grantway: ${sentence}\n`),
  });
});

test('a denied consent is a failure with nothing on standard output', async () => {
  const denied = await cli(['token', 'authdb', '--role', 'readonly', '--no-browser'], { browser: deny });
  expect(denied).toMatchObject({ code: 1, out: '' });
});

test('an answer of another sign-in is turned away, and the wait goes on', async () => {
  const { code } = await cli(['token', 'authdb', '--no-browser'], {
    browser: async (url) => {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      expect((await fetch(`${back}?code=x&state=forged&iss=${gateway.issuer}`)).status).toBe(400);
      expect((await fetch(new URL('/favicon.ico', back))).status).toBe(404);
      await allow(url);
    },
  });
  expect(code).toBe(0);
});

test('a device without a browser signs in with a code', async () => {
  const { code, out, err } = await cli(['token', 'authdb', '--device'], { browser: confirmDevice });
  expect(err).toMatch(/enter the code \w+-\w+/);
  expect(code).toBe(0);
  expect(out).toMatch(/^gwt_/);
});

/** Opens the address with the code in it, and says yes to every page. */
async function confirmDevice(url: URL): Promise<void> {
  let at = await person.open(url);
  for (let pages = 0; pages < 6 && at.kind === 'page'; pages++) {
    if (at.html.includes('name="password"')) at = await person.signIn(at);
    else if (at.html.includes('name="decision"')) at = await person.submit(at, { decision: 'allow' });
    else if (at.html.includes('name="confirm"')) at = await person.submit(at, { confirm: 'yes' });
    else if (at.html.includes('name="user_code"')) {
      at = await person.submit(at, { user_code: url.searchParams.get('user_code') ?? '' });
    } else return;
  }
}

test('a named role has a token of its own, beside that of the default role', async () => {
  await token();
  await token('--role', 'readonly');
  const asRole = async (...args: readonly string[]) =>
    (await cli(['query', 'authdb', 'select session_user as me', ...args])).out;
  expect(await asRole('--role', 'readonly')).toBe('me\r\napp_readonly\r\n');
  expect(await asRole()).toBe('me\r\napp_readwrite\r\n');
});

test.each([
  ['login', ['login', '--no-browser']],
  ['the first token of another role', ['token', 'authdb', '--role', 'readonly', '--no-browser']],
])('%s of somebody else ends the tokens of whoever was signed in before, and says so', async (_, args) => {
  const { out } = await token();
  const statusOf = async () =>
    (await fetch(`${gateway.issuer}/api/v1/me`, { headers: { authorization: `Bearer ${out.trim()}` } }))
      .status;
  const said = 'Somebody else was signed in here: their tokens are ended.';
  expect((await login()).err).not.toContain(said);
  expect(await statusOf()).toBe(200);
  person = gateway.person('viewer');
  const next = await cli(args, { browser: allow });
  expect(next.code).toBe(0);
  expect(next.err).toContain(said);
  expect(await statusOf()).toBe(401);
});

test('whoever signs in after somebody else uses nothing of theirs', async () => {
  await token();
  person = gateway.person('viewer');
  await token('--role', 'readonly');
  const asked = await cli(['query', 'authdb', 'select session_user as me', '--no-browser'], {
    browser: allow,
  });
  expect(asked).toMatchObject({ code: 0, out: 'me\r\napp_readonly\r\n' });
});

test('a role that the person does not have ends in a failure', async () => {
  const refused = await cli(['token', 'authdb', '--role', 'admin', '--no-browser'], { browser: deny });
  expect(refused).toMatchObject({ code: 1, out: '' });
});

test('a database that is not there is told with those that were used here before', async () => {
  await token();
  const browser = async (url: URL) => {
    const end = await person.authorize(url);
    if (end.kind === 'page') throw new Error(`the browser stayed at ${end.url}`);
    expect((await fetch(end.to)).status).toBe(400);
  };
  const refused = await cli(['token', 'autdb', '--no-browser'], { browser });
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/There is no database .*autdb.* Used here before: authdb\.\n$/);
});

test('query prints CSV in a pipe, JSON when asked, and binds its parameters', async () => {
  await token();
  const csv = await cli(['query', 'authdb', "select 1 as n, '=x' as f"]);
  expect(csv).toMatchObject({ code: 0, out: "n,f\r\n1,'=x\r\n" });
  const json = await cli([
    'query',
    'authdb',
    'select $1::text as a, $2::int as b',
    '--param',
    "it's",
    '--param',
    '7',
    '--json',
  ]);
  expect(JSON.parse(json.out)).toMatchObject({ rows: [["it's", 7]], rowCount: 1, truncated: false });
});

test('query gives the database’s own words for a refused statement', async () => {
  await token();
  const refused = await cli(['query', 'authdb', 'create table forbidden (n int)']);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('permission denied');
});

test.each([
  [['token', 'authdb'], /^gwt_(?!forgotten)\S+\n$/],
  [['query', 'authdb', 'select 1 as n'], /^n\r\n1\r\n$/],
  [['connect', 'authdb', '--', '-Atc', 'select 1'], /^1\n$/],
])('%j takes another token when the kept one is taken no more', async (args, expected) => {
  await token();
  const file = join(home, '.config', 'grantway', 'credentials.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/gwt_[\w-]+/, 'gwt_forgotten'));
  expect(await cli(args)).toMatchObject({ code: 0, out: expect.stringMatching(expected) });
});

test('a consent that was ended is asked for again, and its token is not printed any more', async () => {
  const { out: ended } = await token();
  const file = await readFile(join(home, '.config', 'grantway', 'credentials.json'), 'utf8');
  const [, refreshToken = ''] = /"refreshToken": "([^"]+)"/.exec(file) ?? [];
  await gateway.post('revoke', { token: refreshToken, client_id: 'grantway-cli' });
  const { code, out } = await token();
  expect(code).toBe(0);
  expect(out).toMatch(/^gwt_/);
  expect(out).not.toBe(ended);
});

test('a token as JSON says where to connect, as whom, and until when', async () => {
  const { out } = await token('--json');
  const described = JSON.parse(out);
  expect(described).toEqual({
    token: expect.stringMatching(/^gwt_/),
    database: 'authdb',
    role: 'readwrite',
    engine: 'postgres',
    host: '127.0.0.1',
    port: gateway.port,
    username: 'readwrite',
    expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+Z$/),
  });
});

test('connect starts psql, signed in, with the token in no argument, and passes its exit code on', async () => {
  await token();
  const done = await cli(['connect', 'authdb', '--', '-Atc', 'select session_user']);
  expect(done.code).toBe(0);
  expect(done.out).toBe('app_readwrite\n');
  expect((await cli(['connect', 'authdb', '--', '-c', 'select nonsense'])).code).toBe(1);
  expect((await cli(['connect', 'authdb', '--', '--frobnicate'])).code).toBe(1);
});

test('connect lets psql check the certificate when it is told the authority', async () => {
  await token();
  const ca = join(gateway.dataDir, 'tls', 'server.crt');
  expect((await cli(['connect', 'authdb', '--ca', ca, '--', '-c', 'select 1'])).code).toBe(0);
  const stranger = join(home, 'stranger.crt');
  await writeFile(stranger, (await makeAuthority()).certificate);
  const refused = await cli(['connect', 'authdb', '--ca', stranger, '--', '-c', 'select 1']);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain('certificate verify failed');
});

test('connect passes a signal on to psql', async () => {
  await token();
  const done = await cli(['connect', 'authdb', '--', '-c', 'select pg_sleep(600)'], {
    onStart: (child) => void sleeping().then(() => child.kill('SIGTERM')),
  });
  expect(done.code).toBe(128 + 15);
});

async function sleeping(): Promise<void> {
  for (;;) {
    const { stdout } = await gateway.operator('sessions', 'list', '--json');
    if (JSON.parse(stdout).length > 0) return;
  }
}

test('logout ends the tokens at the gateway and forgets them here', async () => {
  const { out } = await token();
  expect(await cli(['logout'])).toMatchObject({ code: 0 });
  const me = await fetch(`${gateway.issuer}/api/v1/me`, {
    headers: { authorization: `Bearer ${out.trim()}` },
  });
  expect(me.status).toBe(401);
  expect((await cli(['logout'])).err).toContain('not signed in');
});
