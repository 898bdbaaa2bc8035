import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.ts';
import { psql } from '../support/psql.ts';
import { startRedshift, type TestRedshift } from '../support/redshift.ts';
import { signInAtProvider } from '../support/sign-in-at-provider.ts';

const audience = 'https://warehouse.example';
let provider: OpenIdProvider;
let redshift: TestRedshift;
let gateway: TestGateway;
let port: number;

beforeAll(async () => {
  provider = await startOpenIdProvider({ audience });
  redshift = await startRedshift();
  redshift.identityProvider = {
    issuer: provider.issuer,
    jwks: new URL('/jwks', provider.issuer).href,
    audience,
    namespace: 'corp',
  };
  const admin = await redshift.server.adminClient();
  for (const name of ['ann', 'ben', 'cat']) {
    await admin.query(`CREATE ROLE ${name} LOGIN`);
    redshift.accounts.set(`corp:${name}`, { method: 'idp_token', secret: '', postgresLogin: name });
  }
  await admin.end();

  port = await freePort();
  const warehouse = {
    engine: 'redshift',
    host: redshift.host,
    port: redshift.port,
    database: 'postgres',
    tls: 'off',
    roles: { self: { login: 'person', allow: 'everyone' } },
  };
  gateway = await startGateway({
    listen: { redshift: `127.0.0.1:${port}` },
    env: { CORP_SECRET: provider.clientSecret },
    config: {
      signIn: {
        local: {},
        corp: {
          kind: 'oidc',
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecret: 'env:CORP_SECRET',
          scopes: ['groups', 'warehouse'],
          rereadEvery: '1s',
        },
      },
    },
    databases: {
      warehouse: { ...warehouse, identityToken: { signIn: 'corp', audience } },
      another: { ...warehouse, identityToken: { signIn: 'corp', audience: 'https://another.example' } },
    },
  });
  provider.sendBackTo(`${gateway.issuer}/sign-in/callback/corp`);
});
afterEach(() => {
  redshift.startups.splice(0);
  redshift.shownTokens.splice(0);
});
afterAll(async () => {
  await gateway?.stop();
  await redshift?.stop();
  await provider?.stop();
});

const signIn = (sub: string, scope = 'db:warehouse') =>
  signInAtProvider(gateway, provider, { sub, name: sub, groups: [] }, scope);
const run = (token: string, statement: string) =>
  psql({ port }, { token, user: 'me', database: 'postgres' }, statement);

async function loginsOf(person: string): Promise<readonly unknown[]> {
  const { stdout } = await gateway.operator('audit', 'tail', '--json', '--lines', '1000');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((record) => record.type === 'session_started' && record.person === person)
    .map(({ login }) => login);
}

test('people are their own users of the warehouse, which checks the token of their provider', async () => {
  const [ann, ben] = [await signIn('ann'), await signIn('ben')];
  expect(await run(ann.accessToken, 'SELECT session_user')).toMatchObject({ stdout: 'ann', stderr: '' });
  expect(await run(ben.accessToken, 'SELECT session_user')).toMatchObject({ stdout: 'ben', stderr: '' });
  expect(redshift.startups[0]?.get('idp_type')).toBe('AzureAD');
  expect(await loginsOf('corp:ann')).toEqual(['ann']);
  const [first = '', second = ''] = redshift.shownTokens;
  expect(first).not.toBe(second);
  expect(gateway.log()).not.toContain(first);
});

test('a token serves the sessions of its person until it ends, and the provider goes on to speak for them', async () => {
  provider.tokenSeconds = 600;
  const { accessToken } = await signIn('ann');
  await run(accessToken, 'SELECT 1');
  await run(accessToken, 'SELECT 1');
  expect(new Set(redshift.shownTokens).size).toBe(1);

  // Rereading groups and asking for tokens use up one another's refresh tokens, and hand on the next one.
  provider.tokenSeconds = 30;
  const { accessToken: other } = await signIn('cat');
  for (const _ of [1, 2, 3])
    expect(await run(other, 'SELECT session_user')).toMatchObject({ stdout: 'cat', stderr: '' });
  expect(new Set(redshift.shownTokens).size).toBe(4);
});

test('a session ends when the groups change that its token named, and the next one has a new token', async () => {
  const { accessToken } = await signIn('ann');
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'me',
    database: 'postgres',
    password: accessToken,
  });
  const ended = new Promise<string>((resolve) => client.on('error', ({ message }) => resolve(message)));
  await client.connect();
  provider.person = { sub: 'ann', name: 'ann', groups: ['analysts'] };
  expect(await ended).toContain('your groups changed');
  await run(accessToken, 'SELECT 1');
  expect(new Set(redshift.shownTokens).size).toBe(2);
});

test('a user that the warehouse does not know is refused like any login', async () => {
  const { accessToken } = await signIn('stranger');
  const { stderr } = await run(accessToken, 'SELECT 1');
  expect(stderr).toMatch(/The database refused the login of this role/);
  expect(gateway.log()).toMatch(/password authentication failed for user/);
});

test('somebody who signed in another way is told what to do', async () => {
  const { accessToken } = await gateway.tokens('viewer', { scope: 'db:warehouse' });
  expect((await run(accessToken, 'SELECT 1')).stderr).toMatch(/there is none for you: sign in with "corp"/);
  expect(redshift.startups).toEqual([]);
});

test('a token that is meant for another database is never sent', async () => {
  const { accessToken } = await signIn('ann', 'db:another');
  const { stderr } = await run(accessToken, 'SELECT 1');
  expect(stderr).toMatch(/The database refused the login of this role/);
  expect(gateway.log()).toMatch(/corp: the token is not meant for https:\/\/another\.example/);
  expect(redshift.startups).toEqual([]);
});

test('while the provider is down whoever has no token yet is refused, and told that it is the provider', async () => {
  provider.tokenSeconds = 30;
  const { accessToken } = await signIn('dan');
  provider.down = true;
  expect((await run(accessToken, 'SELECT 1')).stderr).toMatch(/Your identity provider does not answer/);
  expect(redshift.startups).toEqual([]);
});
