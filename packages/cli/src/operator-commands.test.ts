import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './main.ts';

// The real store, vault and audit of a gateway that does not run.
const hash = '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo';
const config = `
issuer: http://127.0.0.1:8400
dataDir: ./data
masterKey: file:./master.key
listen: { http: 127.0.0.1:8400 }
signIn:
  local: {}
  corp: { kind: oidc, issuer: "https://id.example.com/realms/staff", clientId: grantway }
databases:
  authdb:
    engine: postgres
    host: 127.0.0.1
    tls: off
    roles: { readonly: { login: r, password: env:R, allow: everyone } }
users:
  Ada@example.com: { passwordHash: "${hash}" }
`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-operator-'));
  await writeFile(join(folder, 'grantway.yaml'), config);
  await writeFile(join(folder, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a command prints, and its exit code. */
async function said(...argv: readonly string[]) {
  return await saidWith('grantway.yaml', ...argv);
}

async function saidWith(file: string, ...argv: readonly string[]) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const streams = { out, err, env: {}, interactive: false };
  const code = await run([...argv, '--config', join(folder, file)], streams);
  return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

test('check warns of what is no mistake, and says what it did not look at', async () => {
  const { code, err } = await said('check');
  expect(code).toBe(0);
  expect(err).toMatch(/is right\. .*\nsignIn\.corp: .*offline_access.*\nNot looked at: /);
});

test.each([
  ['roles', 'plan', 'nowhere'],
  ['explain', 'nowhere', '--user', 'ada@example.com'],
  ['doctor', 'nowhere'],
])('grantway %s says which databases the config has instead', async (...argv) => {
  const err = 'grantway: The config has no database "nowhere". It has: authdb.\n';
  expect(await said(...argv)).toEqual({ code: 1, out: '', err });
});

test('one record is one record', async () => {
  await said('users', 'add', 'bob@example.com');
  expect((await said('audit', 'verify')).err).toContain('audit-operator: intact, 1 record\n');
});

test('taking factors away says so when there were none, and that what somebody held has ended', async () => {
  await said('users', 'add', 'eve@example.com');
  const { err } = await said('users', 'reset-factors', 'eve@example.com');
  expect(err).toBe('eve@example.com had no second factor. What they held has ended all the same.\n');
});

test('whoever is removed and stands in the config comes back, and that is said', async () => {
  for (const name of ['ada@example.com', 'carl@example.com']) await said('users', 'add', name);
  expect((await said('users', 'remove', 'ada@example.com')).err).toContain('come back at the next start');
  expect((await said('users', 'remove', 'carl@example.com')).err).toBe('carl@example.com is removed.\n');
});

test('a rotation says which key seals how much now', async () => {
  const { code, err } = await said('keys', 'rotate');
  expect(code).toBe(0);
  expect(err).toMatch(/^Key 2 seals \d+ stored secrets? now\. Retired: key 1\.\n$/);
});

test('as JSON the time from which a key signs is ISO 8601, under the names of the list', async () => {
  const { out } = await said('keys', 'rotate-signing', '--json');
  const { key, signsFrom } = JSON.parse(out);
  expect(new Date(signsFrom).toISOString()).toBe(signsFrom);
  const listed = JSON.parse((await said('keys', 'list', '--json')).out);
  expect(listed).toContainEqual(expect.objectContaining({ key, signsFrom }));
});

test('when no record is like that, the log says so', async () => {
  expect(await said('audit', 'tail', '--type', 'sign_in')).toEqual({ code: 0, out: '', err: 'None.\n' });
});

test('a gateway whose address is taken says which one, and does not start', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const place = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  await writeFile(join(folder, 'taken.yaml'), config.replace('http: 127.0.0.1:8400', `http: ${place}`));
  const err = `grantway: Another program listens at ${place}. Stop it, or change the address in listen.\n`;
  expect(await saidWith('taken.yaml', 'serve')).toEqual({ code: 1, out: '', err });
  other.close();
});
