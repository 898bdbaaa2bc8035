import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { acmeSecret, basic, startTestBed, type TestBed, tokenRequest } from './testing/index.ts';

const asAcme = basic('acme-bi', acmeSecret);

describe('the token endpoint', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const workload = { grant_type: 'client_credentials', scope: 'db:jobs' };

  it.each([
    ['a parameter twice', 'grant_type=client_credentials&grant_type=client_credentials', 'invalid_request'],
    ['no grant type', 'scope=db:jobs', 'invalid_request'],
    ['the password grant', 'grant_type=password&username=a&password=b', 'unsupported_grant_type'],
    ['the implicit grant', 'grant_type=implicit', 'unsupported_grant_type'],
    ['another client in the body', 'grant_type=client_credentials&client_id=psql', 'invalid_request'],
    [
      'the secret in header and body',
      `grant_type=client_credentials&client_secret=${acmeSecret}`,
      'invalid_request',
    ],
  ])('F18 refuses %s', async (_what, form, error) => {
    const answer = await tokenRequest(bed, new URLSearchParams(form), asAcme);
    expect(answer).toMatchObject({ status: 400, body: { error } });
  });

  it('names the address that clients are told to connect to', async () => {
    const ask = async () => (await tokenRequest(bed, workload, asAcme)).body;
    expect(await ask()).toMatchObject({ engine: 'postgres', host: '127.0.0.1', port: 15432 });
    bed.reconfigure({ advertise: { postgres: { host: 'db.example.com', port: 5432 } } });
    expect(await ask()).toMatchObject({ engine: 'postgres', host: 'db.example.com', port: 5432 });
    bed.reconfigure({ advertise: {} });
  });

  it.each([
    ['/oauth/authorize', 'POST', 'GET'],
    ['/oauth/token', 'GET', 'POST'],
    ['/oauth/token', 'HEAD', 'POST'],
    ['/oauth/revoke', 'PUT', 'POST'],
    ['/oauth/introspect/', 'GET', 'POST'],
    ['/oauth/userinfo', 'DELETE', 'GET, POST'],
    ['/oauth/jwks', 'POST', 'GET'],
    ['/oauth/end-session', 'POST', 'GET'],
  ])('%s refuses %s with 405, and says that it takes %s', async (path, method, allowed) => {
    const answer = await fetch(`${bed.issuer}${path}`, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed]);
    if (method !== 'HEAD')
      expect(await answer.json()).toEqual({
        error: 'invalid_request',
        error_description: `this endpoint takes ${allowed.replace(', ', ' and ')}, not ${method}`,
      });
  });

  it('F18 refuses JSON, GET, and secrets in the URL', async () => {
    const url = `${bed.issuer}/oauth/token`;
    const json = await fetch(url, {
      method: 'POST',
      headers: { ...asAcme, 'content-type': 'application/json' },
      body: JSON.stringify(workload),
    });
    expect(json.status).toBe(400);
    expect(await json.json()).toMatchObject({ error: 'invalid_request' });
    const get = await fetch(`${url}?grant_type=client_credentials`, { headers: asAcme });
    expect(get.status).toBe(405);
    expect(await get.json()).toMatchObject({ error: 'invalid_request' });
    const inUrl = await fetch(`${url}?client_secret=x`, {
      method: 'POST',
      body: new URLSearchParams(workload),
    });
    expect(inUrl.status).toBe(400);
  });

  it('refuses a body beyond its limit', async () => {
    const answer = await tokenRequest(bed, { ...workload, filler: 'x'.repeat(60_000) }, asAcme);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('gives a client that acts for itself a token for one database, by the rules for clients', async () => {
    const answer = await tokenRequest(bed, workload, asAcme);
    expect(answer.body).toMatchObject({
      database: 'jobs',
      role: 'writer',
      username: 'writer',
      scope: 'db:jobs',
    });
    expect(answer.body.refresh_token).toBeUndefined();
    expect(await bed.server.verifyToken(new Secret(String(answer.body.access_token)))).toMatchObject({
      outcome: 'valid',
      token: {
        principal: { method: 'client', subject: 'acme-bi' },
        database: 'jobs',
        consentId: 'client:acme-bi',
      },
    });
    expect(bed.events).toContainEqual(
      expect.objectContaining({
        type: 'token_issued',
        person: 'client:acme-bi',
        database: 'jobs',
        role: 'writer',
      }),
    );
  });

  it.each([
    ['no scope', {}, 'invalid_scope'],
    ['a scope that is no database', { scope: 'openid' }, 'invalid_scope'],
    ['a database that no rule gives it', { scope: 'db:vault' }, 'invalid_scope'],
  ])('refuses a workload %s', async (_what, parameters: Record<string, string>, error) => {
    const answer = await tokenRequest(bed, { grant_type: 'client_credentials', ...parameters }, asAcme);
    expect(answer).toMatchObject({ status: 400, body: { error } });
  });

  it('tells a workload that asks for several databases which resources it can name', async () => {
    const several = { grant_type: 'client_credentials', scope: 'db:jobs db:sales' };
    const { status, body } = await tokenRequest(bed, several, asAcme);
    expect([status, body]).toEqual([
      400,
      {
        error: 'invalid_target',
        error_description: `An access token is for one database: name one with the parameter resource (${bed.issuer}/db/jobs or ${bed.issuer}/db/sales).`,
      },
    ]);
    const one = await tokenRequest(bed, { ...several, resource: `${bed.issuer}/db/jobs` }, asAcme);
    expect(one.body).toMatchObject({ database: 'jobs', role: 'writer' });
  });

  it.each(['sub', 'user_id', 'account_id', 'username', 'login_hint', 'on_behalf_of'])(
    'F20 gives a client that acts for itself nothing of whom it names as %s',
    async (name) => {
      const answer = await tokenRequest(bed, { ...workload, [name]: 'local:admin@example.com' }, asAcme);
      expect(await bed.server.verifyToken(new Secret(String(answer.body.access_token)))).toMatchObject({
        outcome: 'valid',
        token: { principal: { method: 'client', subject: 'acme-bi' } },
      });
    },
  );

  it('refuses the grant to a client that is not registered for it', async () => {
    const answer = await tokenRequest(bed, { ...workload, client_id: 'grantway-cli' });
    expect(answer.status).toBe(400);
  });

  it('takes the secret in the body too, and records refusals', async () => {
    const inBody = { ...workload, client_id: 'acme-bi', client_secret: acmeSecret };
    expect((await tokenRequest(bed, inBody)).status).toBe(200);
    expect((await tokenRequest(bed, { ...inBody, client_secret: 'wrong' })).status).toBe(401);
    expect(bed.events.at(-1)).toMatchObject({
      type: 'token_refused',
      client: 'acme-bi',
      error: 'invalid_client',
    });
  });

  it('takes the old secret of a client for as long as the overlap lasts', async () => {
    const { clientId, secret } = await bed.clients.register({
      name: 'Nightly job',
      redirectUris: [],
      scopes: ['db:sales'],
      grantTypes: ['client_credentials'],
      confidential: true,
    });
    const withSecret = (value: Secret) =>
      tokenRequest(bed, { grant_type: 'client_credentials' }, basic(clientId, value.reveal()));
    const first = secret ?? new Secret('');
    expect((await withSecret(first)).body).toMatchObject({ scope: 'db:sales', database: 'sales' });
    const second = await bed.clients.rotateSecret(clientId, 60_000);
    expect((await withSecret(first)).status).toBe(200);
    expect((await withSecret(second)).status).toBe(200);
    bed.time.now = Date.now() + 61_000;
    expect((await withSecret(first)).status).toBe(401);
    expect((await withSecret(second)).status).toBe(200);
    bed.time.now = 0;
    await bed.store.clients.disable(clientId);
    expect((await withSecret(second)).status).toBe(401);
  });

  it('refuses to change the secret of a client that the config keeps or that has none', async () => {
    await expect(bed.clients.rotateSecret('acme-bi', 0)).rejects.toMatchObject({ code: 'request_invalid' });
    await expect(bed.clients.rotateSecret('psql', 0)).rejects.toMatchObject({ code: 'request_invalid' });
  });
});
