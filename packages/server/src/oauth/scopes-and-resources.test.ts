import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import {
  acmeSecret,
  admin,
  authorize,
  database,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
  TestBrowser,
} from './testing/index.ts';

const acme = { clientId: 'acme-bi', secret: acmeSecret, redirectUri: 'https://bi.acme.example/callback' };
const cli = { clientId: 'grantway-cli', redirectUri: 'http://127.0.0.1:50123/callback' };

describe('what an authorization request may ask for', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
    await bed.clients.sync({
      ...bed.config,
      clients: [
        ...bed.config.clients,
        {
          id: 'narrow',
          name: 'Narrow',
          redirectUris: ['https://narrow.example/cb'],
          scopes: ['db:authdb:readonly'],
          grantTypes: ['authorization_code'],
        },
      ],
    });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const refusals: [string, Record<string, string>, string, string][] = [
    [
      'a scope with a part too many',
      { scope: 'db:authdb:readonly:x' },
      'invalid_scope',
      'db:authdb:readonly:x',
    ],
    ['a scope without a database', { scope: 'db:' }, 'invalid_scope', 'db:'],
    ['no scope at all', {}, 'invalid_scope', 'Ask for a scope'],
    ['scopes that nobody knows', { scope: 'email address' }, 'invalid_scope', 'Ask for a scope'],
    [
      'the default role and a named one',
      { scope: 'db:authdb db:authdb:readonly' },
      'invalid_scope',
      'not for both',
    ],
    [
      'a resource that is no database',
      { scope: 'db:authdb', resource: 'https://elsewhere.example/' },
      'invalid_target',
      'elsewhere',
    ],
    [
      'a resource without a scope',
      { scope: 'db:authdb', resource: '/db/sales' },
      'invalid_target',
      'No scope',
    ],
    [
      'fewer resources than scopes',
      { scope: 'db:authdb db:sales', resource: '/db/sales' },
      'invalid_target',
      'name every',
    ],
  ];
  it.each(refusals)(
    'refuses %s before anybody signs in, in one sentence',
    async (_what, parameters, error, words) => {
      const resource = parameters.resource?.startsWith('/')
        ? bed.issuer + parameters.resource
        : parameters.resource;
      const { url, pages } = await authorize(bed, {
        ...acme,
        parameters: { ...parameters, ...(resource && { resource }) },
      });
      expect(pages).toEqual({});
      expect(url.origin).toBe('https://bi.acme.example');
      expect(url.searchParams.get('error')).toBe(error);
      expect(url.searchParams.get('error_description')).toContain(words);
    },
  );

  it.each([
    [
      'an unknown database',
      { scope: 'db:nowhere' },
      'There is no database named nowhere (scope db:nowhere).',
    ],
    ['an unknown database as well', { scope: 'db:authdb db:nowhere' }, 'named nowhere (scope db:nowhere).'],
    ['an unknown role', { scope: 'db:authdb:root' }, 'has no role named root (scope db:authdb:root).'],
  ])('says of %s to whoever has signed in, and to nobody before', async (_what, parameters, words) => {
    const browser = new TestBrowser();
    const first = await authorize(bed, { ...cli, browser, parameters });
    // The same as for a database that is there, up to here.
    expect(Object.keys(first.pages)).toEqual(['sign-in']);
    const again = await authorize(bed, { ...cli, browser, parameters });
    expect(again.pages).toEqual({});
    for (const { url } of [first, again]) {
      expect(url.origin).toBe(new URL(cli.redirectUri).origin);
      expect(url.searchParams.get('error')).toBe('invalid_scope');
      expect(url.searchParams.get('error_description')).toContain(words);
    }
  });

  it('hears no difference at any endpoint before a sign-in', async () => {
    const told = async (endpoint: string, scope: string) => {
      const { status, headers, body } = await sendTo(bed, endpoint, {
        client_id: 'grantway-cli',
        response_type: 'code',
        redirect_uri: cli.redirectUri,
        code_challenge: 'A'.repeat(43),
        code_challenge_method: 'S256',
        scope,
      });
      const location = headers.get('location')?.replace(/[^/]+$/, '');
      return { status, location, body: Object.keys(body), error: body.error };
    };
    for (const endpoint of ['authorize', 'device', 'par']) {
      const known = await told(endpoint, 'db:authdb:readonly');
      expect(await told(endpoint, 'db:nowhere:readonly')).toEqual(known);
      expect(await told(endpoint, 'db:authdb:nobody')).toEqual(known);
    }
  });

  it('refuses a scope that the client is not registered for', async () => {
    const { url } = await authorize(bed, {
      clientId: 'narrow',
      redirectUri: 'https://narrow.example/cb',
      parameters: { scope: 'db:sales' },
    });
    expect(url.searchParams.get('error')).toBe('invalid_scope');
  });

  it('takes the default of the client when it asks for nothing', async () => {
    const { tokens } = await signInAndGetTokens(bed, {
      clientId: 'narrow',
      redirectUri: 'https://narrow.example/cb',
      parameters: {},
    });
    expect(tokens).toMatchObject({ scope: 'db:authdb:readonly', role: 'readonly' });
    expect(tokens.refresh_token).toBeUndefined();
  });

  it.each([
    ['the name in the ID token', 'openid profile db:authdb', 'viewer@example.com'],
    ['no name without the scope profile', 'openid db:authdb', undefined],
  ])('gives %s', async (_, scope, name) => {
    const { tokens } = await signInAndGetTokens(bed, { ...acme, parameters: { scope } });
    expect(decodeJwt(tokens.id_token ?? '').name).toBe(name);
  });

  it('covers several databases with one consent, and gives a token for the one that is named', async () => {
    const arrived = await signInAndGetTokens(bed, {
      ...acme,
      parameters: { scope: 'openid db:authdb db:sales:readonly' },
      tokenParameters: { resource: `${bed.issuer}/db/sales` },
    });
    expect(arrived.tokens).toMatchObject({ database: 'sales', scope: 'db:sales:readonly', role: 'readonly' });
    expect(arrived.tokens.id_token).toBeDefined();
    expect(arrived.pages.consent?.access).toMatchObject([
      { database: 'authdb', role: 'readonly' },
      { database: 'sales', role: 'readonly', asked: 'readonly' },
    ]);
    expect(await bed.server.verifyToken(new Secret(arrived.tokens.access_token))).toMatchObject({
      token: { database: 'sales', roles: ['readonly'] },
    });
  });

  it('asks for the resource when a code is for several databases, and does not use the code up', async () => {
    const { configuration, url, verifier } = await authorize(bed, {
      ...acme,
      parameters: { scope: 'db:authdb db:sales' },
    });
    const redeem = (parameters: Record<string, string>) =>
      openid.authorizationCodeGrant(configuration, url, { pkceCodeVerifier: verifier }, parameters);
    await expect(redeem({})).rejects.toMatchObject({ error: 'invalid_target' });
    await expect(redeem({ resource: `${bed.issuer}/db/jobs` })).rejects.toMatchObject({
      error: 'invalid_target',
    });
    expect(await redeem({ resource: `${bed.issuer}/db/authdb` })).toMatchObject({ database: 'authdb' });
  });

  it('resolves the default role for each person', async () => {
    const { tokens } = await signInAndGetTokens(bed, {
      ...cli,
      who: admin,
      parameters: { scope: 'db:authdb' },
    });
    expect(tokens).toMatchObject({ role: 'admin', username: 'admin', scope: 'db:authdb' });
  });

  it('lets several roles be asked for by name', async () => {
    const { tokens } = await signInAndGetTokens(bed, {
      ...cli,
      who: admin,
      parameters: { scope: 'db:authdb:readonly db:authdb:admin' },
    });
    expect(await bed.server.verifyToken(new Secret(tokens.access_token))).toMatchObject({
      token: { roles: ['admin', 'readonly'] },
    });
  });

  it('shows a role that the person may not have, and does not give it even when they allow', async () => {
    const { url, pages } = await authorize(bed, { ...cli, parameters: { scope: 'db:vault' } });
    expect(pages.consent?.access).toEqual([{ database: 'vault', tokenMs: 900_000, maxSessionMs: 0 }]);
    expect(url.searchParams.get('error')).toBe('access_denied');
    expect(url.searchParams.get('error_description')).toContain('No rule');
  });

  it('gives what is possible when only a part is', async () => {
    const { tokens } = await signInAndGetTokens(bed, {
      ...cli,
      parameters: { scope: 'db:authdb:admin db:authdb:readonly db:vault', prompt: 'consent' },
      tokenParameters: { resource: `${bed.issuer}/db/authdb` },
    });
    expect(tokens).toMatchObject({ scope: 'db:authdb:readonly', role: 'readonly' });
  });

  it('does not let a token outlive its database', async () => {
    const { tokens } = await signInAndGetTokens(bed, { ...cli, parameters: { scope: 'db:sales' } });
    const kept = bed.config.databases;
    bed.reconfigure({ databases: new Map([['authdb', database('authdb', {})]]) });
    expect(await bed.server.verifyToken(new Secret(tokens.access_token))).toEqual({
      outcome: 'invalid',
      reason: 'no_database',
    });
    bed.reconfigure({ databases: kept });
  });

  it('gives a sign-in without a database a token that opens no database', async () => {
    const { tokens, configuration } = await signInAndGetTokens(bed, {
      ...acme,
      parameters: { scope: 'openid profile groups' },
    });
    expect(await bed.server.verifyToken(new Secret(tokens.access_token))).toEqual({
      outcome: 'invalid',
      reason: 'no_database',
    });
    const { userinfo_endpoint: endpoint } = configuration.serverMetadata();
    const info = await fetch(String(endpoint), {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(await info.json()).toEqual({
      sub: 'local:viewer@example.com',
      name: 'viewer@example.com',
      groups: ['viewer'],
    });
    const inQuery = await fetch(`${endpoint}?access_token=${tokens.access_token}`);
    expect(inQuery.status).toBe(400);
  });
});

/** What an endpoint answers a program that nobody has signed in for. */
async function sendTo(bed: TestBed, endpoint: string, parameters: Record<string, string>) {
  const form = new URLSearchParams(parameters);
  const response = await (endpoint === 'authorize'
    ? fetch(`${bed.issuer}/oauth/authorize?${form}`, { redirect: 'manual' })
    : fetch(`${bed.issuer}/oauth/${endpoint}`, { method: 'POST', body: form }));
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body = isJson ? ((await response.json()) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, body };
}
