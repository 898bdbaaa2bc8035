import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appRedirect, startGateway, type TestGateway } from '../../support/gateway.ts';
import { mysqlBuilds } from '../../support/mysql-builds.ts';
import { type MysqlGateway, shopLogin, shops, startMysqlGateway } from '../../support/mysql-gateway.ts';
import { psql, runProgram } from '../../support/psql.ts';
import { cacheLogin, type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';
import { findServerProgram, type ServerDirectory, type ServerProgram } from '../../support/server-program.ts';
import { startTokenIssuer, type TokenIssuer } from '../../support/token-issuer.ts';

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

let corp: TokenIssuer;
beforeAll(async () => {
  corp = await startTokenIssuer();
});
afterAll(() => corp.stop());

const signIn = () => ({
  local: {},
  corp: {
    kind: 'oidc',
    issuer: corp.issuer,
    clientId: 'grantway',
    directTokens: { audiences: ['grantway', 'warehouse'] },
  },
});
const jane = (...groups: readonly string[]) => corp.sign({ sub: 'jane', aud: 'grantway', groups });

describe('a token of the identity provider as the password of PostgreSQL', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ config: { signIn: signIn() } });
  });
  afterAll(() => gateway.stop());

  test('opens the role that the groups in it give, and the user name picks another one of them', async () => {
    const token = await jane('editor');
    expect(await psql(gateway, { token }, 'select session_user')).toMatchObject({ stdout: 'app_readwrite' });
    const reader = { token, user: 'readonly' };
    expect(await psql(gateway, reader, 'select session_user')).toMatchObject({ stdout: 'app_readonly' });
    const beyond = { token, user: 'admin' };
    expect(await psql(gateway, beyond, 'select session_user')).toMatchObject({ stdout: 'app_readwrite' });
    const scoped = { token, user: 'db:authdb:readonly', database: 'authdb' };
    expect(await psql(gateway, scoped, 'select session_user')).toMatchObject({ stdout: 'app_readonly' });
  });

  test('is taken as authToken, too', async () => {
    const token = await jane('editor');
    const env = { PGOPTIONS: `-c authToken=${token}` };
    expect(await psql(gateway, { token: '', env }, 'select session_user')).toMatchObject({
      stdout: 'app_readwrite',
    });
  });

  test('is taken by the query API, for the database in its path', async () => {
    const answer = await fetch(`${gateway.issuer}/api/v1/databases/authdb/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await jane('viewer')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ statement: 'select session_user' }),
    });
    expect(await answer.json()).toMatchObject({ rows: [['app_readonly']] });
  });

  test('says whose it is, for the database that is asked about', async () => {
    const ask = async (query: string) =>
      await fetch(`${gateway.issuer}/api/v1/me${query}`, {
        headers: { authorization: `Bearer ${await jane('viewer')}` },
      });
    expect(await (await ask('?database=authdb')).json()).toMatchObject({
      person: { id: 'corp:jane' },
      database: 'authdb',
    });
    expect((await ask('')).status).toBe(401);
    expect((await ask('?database=elsewhere')).status).toBe(401);
  });

  test.each<[string, () => Promise<string>, RegExp]>([
    ['meant for somebody else', () => corp.sign({ sub: 'jane', aud: 'mail' }), /not valid any more/],
    ['that ended', () => corp.sign({ sub: 'jane', aud: 'grantway', exp: 1_000_000 }), /not valid any more/],
  ])('is refused when it is one %s', async (_, token, sentence) => {
    expect(await psql(gateway, { token: await token() }, 'select 1')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(sentence),
    });
  });

  test('of somebody who is disabled opens nothing, and stands in no log', async () => {
    const token = await corp.sign({ sub: 'mallory', aud: 'warehouse', groups: ['editor'] });
    expect(await psql(gateway, { token }, 'select 1')).toMatchObject({ stdout: '1' });
    await gateway.operator('users', 'disable', 'corp:mallory');
    expect(await psql(gateway, { token }, 'select 1')).toMatchObject({
      stderr: expect.stringContaining('Your account is disabled'),
    });
    const { stdout } = await gateway.operator('audit', 'export');
    expect(stdout).toContain('corp:mallory');
    expect(stdout + gateway.log()).not.toContain(token.split('.')[2]);
  });

  test('of somebody who is disabled ends what it opened', async () => {
    const token = await corp.sign({ sub: 'leaver', aud: 'warehouse', groups: ['editor'] });
    const live = psql(gateway, { token }, 'select pg_sleep(60)');
    const asleep = () =>
      gateway.database.query("SELECT 1 AS n FROM pg_stat_activity WHERE query = 'select pg_sleep(60)'");
    await expect.poll(asleep, { timeout: 15_000 }).toEqual([{ n: 1 }]);
    await gateway.operator('users', 'disable', 'corp:leaver');
    expect((await live).stderr).toContain('Your access was revoked');
  });

  test('may be 8 KiB long', async () => {
    const groups = ['editor', ...Array.from({ length: 40 }, (_, n) => `${n}`.padEnd(140, 'g'))];
    const token = await jane(...groups);
    expect(token.length).toBeGreaterThan(7_500);
    expect(await psql(gateway, { token }, 'select session_user')).toMatchObject({ stdout: 'app_readwrite' });
  });

  test('does not bring back a group that a later token has not', async () => {
    const issuedAt = Math.floor(Date.now() / 1000) - 50;
    const before = await corp.sign({ sub: 'kim', aud: 'grantway', groups: ['admin'], iat: issuedAt });
    expect(await psql(gateway, { token: before }, 'select session_user')).toMatchObject({
      stdout: 'app_admin',
    });
    const now = await corp.sign({ sub: 'kim', aud: 'grantway', groups: [] });
    expect(await psql(gateway, { token: now }, 'select session_user')).toMatchObject({
      stdout: 'app_readonly',
    });
    expect(await psql(gateway, { token: before }, 'select session_user')).toMatchObject({
      stdout: 'app_readonly',
    });
  });

  test('is a way that the operator can close', async () => {
    await gateway.operator('clients', 'disable', 'provider-token');
    expect(await psql(gateway, { token: await jane() }, 'select 1')).toMatchObject({ code: 2 });
    await gateway.operator('clients', 'enable', 'provider-token');
    expect(await psql(gateway, { token: await jane() }, 'select 1')).toMatchObject({ code: 0 });
  });
});

describe('a token of the identity provider at the door of Redis', () => {
  let cache: RedisGateway;
  beforeAll(async () => {
    cache = await startRedisGateway({ config: { signIn: signIn() } });
  });
  afterAll(() => cache.stop());

  test('opens the only Redis there is, or the one that the user name says', async () => {
    for (const username of [undefined, 'db:cache:readwrite', 'readwrite']) {
      const client = new Redis(cache.port, '127.0.0.1', {
        password: await jane('editor'),
        ...(username === undefined ? {} : { username }),
      });
      expect(await cache.userOf(client)).toBe(cacheLogin('readwrite'));
      client.disconnect();
    }
  });
});

describe('the identity token plugin of MySQL 9', () => {
  let mysql: MysqlGateway;
  let program: ServerProgram;
  let directory: ServerDirectory;
  beforeAll(async () => {
    const grantTypes = ['authorization_code', tokenExchange];
    const app = { name: 'App', redirectUris: [appRedirect], scopes: ['db:shop_mysql:readonly'], grantTypes };
    mysql = await startMysqlGateway({}, { signIn: signIn(), clients: { app } });
    program = await findServerProgram(mysqlBuilds['mysql-9.7']);
    directory = await program.makeDirectory('grantway-identity-');
  });
  afterAll(async () => {
    await mysql.stop();
    await rm(directory.ours, { recursive: true, force: true });
  });

  async function client(token: string, user: string) {
    await writeFile(join(directory.ours, 'token'), token);
    await chmod(directory.ours, 0o755);
    const [command, ...before] = program.command(mysqlBuilds['mysql-9.7'].client);
    const args = [
      ...['--no-defaults', '--protocol=TCP', '--host=127.0.0.1', `--port=${mysql.port}`, `--user=${user}`],
      ...['--ssl-mode=REQUIRED', '--batch', '--skip-column-names', `--database=${shops['mysql-9.7']}`],
      '--default-auth=authentication_openid_connect_client',
      `--authentication-openid-connect-client-id-token-file=${join(directory.servers, 'token')}`,
      ...['-e', 'SELECT CURRENT_USER()'],
    ];
    return await runProgram(command, [...before, ...args], { PATH: process.env.PATH });
  }

  test('shows the token of the provider, and is the account of the role', async () => {
    expect(await client(await jane('editor'), 'me')).toMatchObject({
      code: 0,
      stdout: `${shopLogin('readwrite')}@%`,
    });
    expect(await client(await corp.sign({ sub: 'jane', aud: 'other' }), 'me')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ERROR 1045 (28000)'),
    });
  });

  test('shows the signed form of an access token', async () => {
    const { gateway } = mysql;
    const token = await mysql.token('mysql-9.7', 'editor', 'readonly');
    const form = await gateway.post('token', {
      grant_type: tokenExchange,
      client_id: 'app',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    });
    expect(await client(String(form.body.access_token), 'me')).toMatchObject({
      code: 0,
      stdout: `${shopLogin('readonly')}@%`,
    });
  });
});
