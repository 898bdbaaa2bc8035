import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTokenIssuer, type TokenIssuer } from '../../../../tests/support/token-issuer.ts';
import { Secret } from '../core/index.ts';
import { jwtBearerGrant, tokenExchangeGrant } from './index.ts';
import { acmeSecret, signInAndGetTokens, startTestBed, type TestBed } from './testing/index.ts';

const jwtType = 'urn:ietf:params:oauth:token-type:jwt';
const accessType = 'urn:ietf:params:oauth:token-type:access_token';

describe('a program with a token of its platform', () => {
  let platform: TokenIssuer;
  let bed: TestBed;
  beforeAll(async () => {
    platform = await startTokenIssuer();
    bed = await startTestBed({
      workloads: [
        {
          name: 'deploy',
          issuer: platform.issuer,
          audience: 'https://access.example',
          claims: { repository: 'acme/app' },
          groups: ['admin'],
        },
      ],
    });
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
    await platform.stop();
  });
  afterEach(() => {
    platform.state = 'up';
  });

  const job = { sub: 'repo:acme/app', aud: 'https://access.example', repository: 'acme/app' };

  async function ask(parameters: Readonly<Record<string, string>>) {
    const answer = await fetch(`${bed.issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'workload', scope: 'db:authdb', ...parameters }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  }
  const exchange = async (claims: Readonly<Record<string, unknown>>, more: Record<string, string> = {}) =>
    ask({
      grant_type: tokenExchangeGrant,
      subject_token: await platform.sign(claims),
      subject_token_type: jwtType,
      ...more,
    });

  it('gets an access token for one database, as the workload of its rule', async () => {
    const { status, body } = await exchange(job);
    expect(body).toMatchObject({ issued_token_type: accessType, database: 'authdb', role: 'admin' });
    expect(status).toBe(200);
    const verdict = await bed.server.verifyToken(new Secret(body.access_token ?? ''));
    expect(verdict).toMatchObject({
      outcome: 'valid',
      token: {
        database: 'authdb',
        clientId: 'workload',
        principal: {
          method: 'workload',
          subject: 'deploy',
          groups: ['admin'],
          claims: { repository: 'acme/app' },
        },
      },
    });
    expect(bed.events).toContainEqual(
      expect.objectContaining({
        type: 'sign_in',
        outcome: 'succeeded',
        method: 'workload',
        person: 'workload:deploy',
        subject: `repo:acme/app at ${platform.issuer}`,
      }),
    );
    expect(bed.events).toContainEqual(
      expect.objectContaining({ type: 'token_issued', grantType: tokenExchangeGrant, role: 'admin' }),
    );
  });

  it('gets no refresh token, and a consent that ends with the token', async () => {
    const { body } = await exchange(job);
    expect(body.refresh_token).toBeUndefined();
    bed.time.now = Date.now() + 16 * 60_000;
    const consents = await bed.server.consents('workload:deploy');
    expect(consents).toEqual([]);
    bed.time.now = 0;
  });

  it('is what the config says now, although its token is from before the config changed', async () => {
    const before = { id: 'workload:deploy', displayName: 'deploy', groups: ['root'], claims: { ref: 'x' } };
    await bed.store.people.seen(before, Date.now());
    const { body } = await exchange({ ...job, iat: Math.floor(Date.now() / 1000) - 60 });
    expect(await bed.server.verifyToken(new Secret(body.access_token ?? ''))).toMatchObject({
      token: { principal: { groups: ['admin'], claims: { repository: 'acme/app' } } },
    });
  });

  it('is out at once when an operator disables it', async () => {
    const { body } = await exchange(job);
    await bed.store.people.disable('workload:deploy');
    const token = new Secret(body.access_token ?? '');
    expect(await bed.server.verifyToken(token)).toMatchObject({ reason: 'person_disabled' });
    expect(await exchange(job)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    await bed.store.people.enable('workload:deploy');
  });

  it('uses an assertion (RFC 7523) once', async () => {
    const assertion = await platform.sign({ ...job, jti: 'one' });
    const before = bed.events.length;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask({ grant_type: jwtBearerGrant, assertion })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(400)]);
    const signIns = bed.events.slice(before).flatMap((one) => (one.type === 'sign_in' ? [one.outcome] : []));
    expect(signIns.sort()).toEqual([...Array(7).fill('failed'), 'succeeded']);
  });

  it('needs a name on an assertion, so that it can be told from another', async () => {
    const assertion = await platform.sign(job);
    expect(await ask({ grant_type: jwtBearerGrant, assertion })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>, Record<string, string>, string]>([
    ['another repository', { ...job, repository: 'acme/other' }, {}, 'invalid_grant'],
    ['another audience', { ...job, aud: 'https://elsewhere' }, {}, 'invalid_grant'],
    ['a token that ended', { ...job, exp: 1_000_000 }, {}, 'invalid_grant'],
    ['no scope', job, { scope: '' }, 'invalid_scope'],
    ['two databases', job, { scope: 'db:authdb db:sales' }, 'invalid_target'],
    ['a database that there is not', job, { scope: 'db:none' }, 'invalid_scope'],
    ['a role that no rule gives', job, { scope: 'db:jobs:writer' }, 'invalid_scope'],
    ['a resource of another database', job, { resource: 'RESOURCE' }, 'invalid_target'],
    ['an audience', job, { audience: 'sales' }, 'invalid_target'],
    ['an actor', job, { actor_token: 'x', actor_token_type: jwtType }, 'invalid_request'],
    ['another wish than an access token', job, { requested_token_type: jwtType }, 'invalid_request'],
    ['a type that it is not', job, { subject_token_type: accessType }, 'invalid_request'],
    ['a client that may not', job, { client_id: 'psql' }, 'invalid_request'],
  ])('is refused with %s', async (_, claims, more, error) => {
    const parameters = { ...more };
    if (parameters.resource === 'RESOURCE') parameters.resource = `${bed.issuer}/db/sales`;
    expect(await exchange(claims, parameters)).toMatchObject({ status: 400, body: { error } });
  });

  it('hears that the platform is down, and not that its token is wrong', async () => {
    await using other = await startTestBed({
      workloads: [{ name: 'w', issuer: platform.issuer, audience: 'a', claims: { sub: '*' }, groups: [] }],
    });
    platform.state = 'down';
    const answer = await fetch(`${other.issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'workload',
        grant_type: tokenExchangeGrant,
        scope: 'db:authdb',
        subject_token: await platform.sign({ sub: 's', aud: 'a' }),
        subject_token_type: jwtType,
      }),
    });
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });

  it('never stands in a URL', async () => {
    const answer = await fetch(`${bed.issuer}/oauth/token?subject_token=x`, { method: 'POST' });
    expect(answer.status).toBe(400);
  });
});

describe('the signed form of an access token', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  async function cliToken() {
    const { tokens } = await signInAndGetTokens(bed, {
      clientId: 'grantway-cli',
      redirectUri: 'http://127.0.0.1:7777/callback',
      parameters: { scope: 'db:authdb' },
    });
    return tokens.access_token;
  }
  async function signedForm(subject_token: string, client: Record<string, string>) {
    const answer = await fetch(`${bed.issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: tokenExchangeGrant,
        subject_token,
        subject_token_type: accessType,
        requested_token_type: jwtType,
        ...client,
      }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  }
  const own = { client_id: 'grantway-cli' };

  it('opens what the token opens, and holds nothing that opens it', async () => {
    const token = await cliToken();
    const { body } = await signedForm(token, own);
    expect(body).toMatchObject({ issued_token_type: jwtType, token_type: 'N_A' });
    const jwt = body.access_token ?? '';
    expect(JSON.stringify(decodeJwt(jwt))).not.toContain(token);
    expect(await bed.server.verifyToken(new Secret(jwt))).toEqual(
      await bed.server.verifyToken(new Secret(token)),
    );
  });

  it('ends with the token', async () => {
    const token = await cliToken();
    const { body } = await signedForm(token, own);
    await fetch(`${bed.issuer}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token, ...own }),
    });
    expect(await bed.server.verifyToken(new Secret(body.access_token ?? ''))).toMatchObject({
      outcome: 'invalid',
      reason: 'unknown',
    });
  });

  it('is given to the client alone that has the token', async () => {
    const { tokens } = await signInAndGetTokens(bed, {
      clientId: 'acme-bi',
      secret: acmeSecret,
      redirectUri: 'https://bi.acme.example/callback',
      parameters: { scope: 'db:authdb' },
    });
    expect(await signedForm(tokens.access_token, own)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  it('F19 is no ID token, and an ID token of ours is no signed form', async () => {
    const { tokens } = await signInAndGetTokens(bed, {
      clientId: 'grantway-cli',
      redirectUri: 'http://127.0.0.1:7777/callback',
      parameters: { scope: 'openid db:authdb' },
    });
    expect(await bed.server.verifyToken(new Secret(tokens.id_token ?? ''))).toMatchObject({
      outcome: 'invalid',
    });
  });
});
