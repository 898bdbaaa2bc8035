import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway, type TokenAnswer } from '../support/gateway.ts';
import { psql } from '../support/psql.ts';

let gateway: TestGateway;
let tokens: TokenAnswer;
beforeAll(async () => {
  gateway = await startGateway({ database: { auditParameters: true } });
  tokens = await gateway.tokens('editor', { scope: 'db:authdb:readwrite offline_access', prompt: 'consent' });
});
afterAll(() => gateway?.stop());

interface Entry {
  readonly type: string;
  readonly [name: string]: unknown;
}

async function auditLog(): Promise<readonly Entry[]> {
  const { stdout } = await gateway.operator('audit', 'tail', '--json', '--lines', '1000');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
}

test('J07 everything that happened is on record with who did it, and the chain verifies', async () => {
  const token = tokens.accessToken;
  await psql(gateway, { token }, "SELECT 'a statement that can be found'");
  await psql(gateway, { token }, 'SELECT * FROM pg_authid');
  await psql(gateway, { token: 'wrong' }, 'SELECT 1');
  await gateway.person('viewer').authorize(gateway.request().url, 'deny');
  const person = gateway.person('viewer');
  const page = await person.open('/sign-in');
  if (page.kind === 'page') await person.signIn(page, 'not the password');

  const who = { person: 'local:editor@example.com', client: 'app', database: 'authdb', role: 'readwrite' };
  await expect.poll(auditLog, { timeout: 15_000 }).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'sign_in', outcome: 'succeeded', person: who.person }),
      expect.objectContaining({ type: 'sign_in', outcome: 'failed' }),
      expect.objectContaining({ type: 'consent', outcome: 'allowed', person: who.person }),
      expect.objectContaining({ type: 'consent', outcome: 'denied', person: 'local:viewer@example.com' }),
      expect.objectContaining({ type: 'token_issued', client: 'app', person: who.person }),
      expect.objectContaining({ type: 'session_started', ...who, login: 'app_readwrite' }),
      expect.objectContaining({
        type: 'statement',
        ...who,
        text: "SELECT 'a statement that can be found'",
        outcome: 'succeeded',
        rows: 1,
      }),
      expect.objectContaining({ type: 'statement', ...who, outcome: 'failed', errorCode: '42501' }),
      expect.objectContaining({ type: 'session_ended', ...who }),
      expect.objectContaining({ type: 'door_refused', code: 'token_invalid' }),
    ]),
  );
  const { stdout, stderr } = await gateway.operator('audit', 'verify');
  expect(stdout + stderr).toMatch(/\d+/);
  const everything = JSON.stringify(await auditLog());
  for (const secret of [tokens.accessToken, tokens.refreshToken, gateway.clientSecret, 'not the password'])
    expect(everything).not.toContain(secret);
});

test('C17 what a session says of itself, or asks the server not to note, changes nothing of its record', async () => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'admin',
    database: 'authdb',
    password: tokens.accessToken,
    application_name: 'grantway',
  });
  await client.connect();
  await client.query(`SET application_name = 'local:admin@example.com'`);
  for (const quiet of [`SET log_statement = 'none'`, 'SET track_activities = off'])
    await expect(client.query(quiet)).rejects.toMatchObject({ code: '42501' });
  await client.query(`SELECT 'under another name'`);
  await client.end();
  await expect
    .poll(async () => (await auditLog()).find(({ text }) => text === `SELECT 'under another name'`), {
      timeout: 15_000,
    })
    .toMatchObject({
      type: 'statement',
      person: 'local:editor@example.com',
      client: 'app',
      role: 'readwrite',
      outcome: 'succeeded',
    });
});

test('an auditor asks who ran what on a table, and from which application', async () => {
  const token = tokens.accessToken;
  await psql(gateway, { token }, 'SELECT name FROM Users WHERE id = 2', "SELECT 'last of the statements'");
  await expect
    .poll(async () => JSON.stringify(await auditLog()), { timeout: 60_000 })
    .toContain('last of the');
  const asked = ['--database', 'authdb', '--text', 'from users', '--lines', '1'];
  const { stdout } = await gateway.operator('audit', 'statements', ...asked);
  const [columns = '', , row = '', ...others] = stdout.trimEnd().split('\n');
  expect(columns.split(/ +/)).toEqual([
    'time',
    'person',
    'application',
    'database',
    'role',
    'outcome',
    'rows',
    'statement',
  ]);
  expect(row.slice(22)).toBe(
    'local:editor@example.com  app          authdb    readwrite  succeeded  1     SELECT name FROM Users WHERE id = 2',
  );
  expect(others).toEqual([]);
}, 120_000);

test('after a restart tokens, consents and the audit chain are what they were', async () => {
  const person = gateway.person('editor');
  await person.home();
  await gateway.restart();

  const { stdout } = await psql(gateway, { token: tokens.accessToken }, 'SELECT session_user');
  expect(stdout).toBe('app_readwrite');
  const refreshed = await gateway.post('token', {
    grant_type: 'refresh_token',
    client_id: 'app',
    refresh_token: tokens.refreshToken,
  });
  expect(refreshed.status).toBe(200);
  expect((await person.home()).html).toContain('Test App');
  await gateway.operator('audit', 'verify');
});

test('sessions are told when the gateway stops, and what was revoked stays revoked after it', async () => {
  await gateway.post('revoke', { client_id: 'app', token: tokens.accessToken });
  await gateway.restart();
  const { stderr } = await psql(gateway, { token: tokens.accessToken }, 'SELECT 1');
  expect(stderr).toContain('not valid any more');
});
