import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashSecret, principalId, Secret } from '../core/index.ts';
import {
  acmeSecret,
  admin,
  basic,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
  TestBrowser,
  tokenRequest,
  viewer,
} from './testing/index.ts';

const acme = { clientId: 'acme-bi', secret: acmeSecret, redirectUri: 'https://bi.acme.example/callback' };
const cli = { clientId: 'grantway-cli', redirectUri: 'http://127.0.0.1:50123/callback' };

describe('revocation', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const signIn = (browser?: TestBrowser) =>
    signInAndGetTokens(bed, {
      ...acme,
      parameters: { scope: 'db:authdb', prompt: 'consent' },
      ...(browser && { browser }),
    });
  const verify = (token: string) => bed.server.verifyToken(new Secret(token));
  const last = async () => (await bed.store.revocations.since(0)).at(-1);
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${bed.issuer}/oauth/${path}`, { method: 'POST', body: new URLSearchParams(form), headers });

  it('of an access token ends that token alone, at once, and tells every gateway', async () => {
    const { tokens, configuration } = await signIn();
    await openid.tokenRevocation(configuration, tokens.access_token);
    expect(await verify(tokens.access_token)).toEqual({ outcome: 'invalid', reason: 'unknown' });
    expect(await last()).toMatchObject({ kind: 'token', subject: hashSecret(tokens.access_token) });
    expect(bed.events).toContainEqual({
      type: 'revoked',
      kind: 'token',
      subject: hashSecret(tokens.access_token),
      by: 'client:acme-bi',
    });
    const again = await openid.refreshTokenGrant(configuration, tokens.refresh_token);
    expect(await verify(again.access_token)).toMatchObject({ outcome: 'valid' });
  });

  it.each(['browserSessions', 'person'] as const)(
    'by %s takes a sign-in along that has not come back to its request yet',
    async (ended) => {
      const browser = new TestBrowser();
      const configuration = await bed.as('acme-bi', acmeSecret);
      const start = openid.buildAuthorizationUrl(configuration, {
        redirect_uri: acme.redirectUri,
        scope: 'db:authdb',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      });
      const page = await browser.follow(await browser.get(start));
      const proven = await browser.post(page.url, { username: viewer.subject });
      expect(proven.status).toBe(303);

      const personId = principalId(viewer);
      if (ended === 'person') await bed.revoker.person(personId, 'a test', 'operator');
      else await bed.revoker.browserSessions(personId, 'operator');
      const back = await browser.follow(proven);
      expect(await (await browser.get(`${bed.issuer}/who`)).text()).toBe('nobody');
      expect(new URL(back.url).pathname).not.toMatch(/^\/consent\//);
    },
  );

  it('F15 of a refresh token ends the consent with all its tokens', async () => {
    const { tokens, configuration } = await signIn();
    const verdict = await verify(tokens.access_token);
    await openid.tokenRevocation(configuration, tokens.refresh_token);
    expect(await verify(tokens.access_token)).toMatchObject({ outcome: 'invalid' });
    expect(await last()).toMatchObject({
      kind: 'consent',
      subject: verdict.outcome === 'valid' ? verdict.token.consentId : '',
    });
    await expect(openid.refreshTokenGrant(configuration, tokens.refresh_token)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('F15 by another client or without the secret changes nothing', async () => {
    const { tokens } = await signIn();
    expect((await post('revoke', { token: tokens.access_token, client_id: 'grantway-cli' })).status).toBe(
      200,
    );
    expect((await post('revoke', { token: tokens.access_token, client_id: 'acme-bi' })).status).toBe(401);
    expect((await post('revoke', { token: tokens.access_token })).status).toBe(400);
    expect(await verify(tokens.access_token)).toMatchObject({ outcome: 'valid' });
    expect((await post('revoke', { token: 'gwt_unknown' }, basic('acme-bi', acmeSecret))).status).toBe(200);
  });

  it('shows a consent to its person, and ends it', async () => {
    const { tokens } = await signIn();
    const verdict = await verify(tokens.access_token);
    const id = verdict.outcome === 'valid' ? verdict.token.consentId : '';
    const listed = (await bed.server.consents('local:viewer@example.com')).find((one) => one.id === id);
    expect(listed).toMatchObject({ clientId: 'acme-bi', clientName: 'Acme BI', scopes: ['db:authdb'] });
    expect(await bed.server.consents('local:admin@example.com')).toEqual([]);
    expect(await bed.server.revokeConsent(id, 'local:viewer@example.com')).toBe(true);
    expect(await bed.server.revokeConsent(id, 'local:viewer@example.com')).toBe(false);
    expect(await verify(tokens.access_token)).toMatchObject({ outcome: 'invalid' });
    expect(await last()).toMatchObject({ kind: 'consent', subject: id });
  });

  it('beats a token that is issued while its consent is revoked', async () => {
    const { tokens } = await signIn();
    const stored = await bed.store.artifacts.find('AccessToken', hashSecret(tokens.access_token));
    const grantId = String(stored?.grantId);
    await bed.revoker.consent(grantId, 'a test', 'operator');
    if (stored) await bed.store.artifacts.upsert(stored);
    expect(await verify(tokens.access_token)).toEqual({ outcome: 'invalid', reason: 'unknown' });
  });

  it('of a client ends what everybody let it do, and its own tokens', async () => {
    const { tokens } = await signIn();
    const own = await tokenRequest(
      bed,
      { grant_type: 'client_credentials', scope: 'db:jobs' },
      basic('acme-bi', acmeSecret),
    );
    await bed.store.clients.disable('acme-bi');
    expect(await verify(tokens.access_token)).toEqual({ outcome: 'invalid', reason: 'client_disabled' });
    await bed.revoker.client('acme-bi', 'the application was disabled', 'operator');
    expect(await last()).toMatchObject({ kind: 'client', subject: 'acme-bi' });
    await bed.store.clients.enable('acme-bi');
    expect(await verify(tokens.access_token)).toMatchObject({ outcome: 'invalid' });
    expect(await verify(String(own.body.access_token))).toMatchObject({ outcome: 'invalid' });
  });

  it('of a client that left the config happens at the next sync', async () => {
    const { tokens } = await signIn();
    await bed.clients.sync({ ...bed.config, clients: [] });
    expect(await verify(tokens.access_token)).toMatchObject({ outcome: 'invalid' });
    expect(await bed.store.clients.get('acme-bi')).toBeUndefined();
    expect(await last()).toMatchObject({ kind: 'client', subject: 'acme-bi' });
    await bed.clients.sync(bed.config);
  });

  it('of a person ends their browser sessions and tokens, wherever they came from', async () => {
    const browser = new TestBrowser();
    const { tokens } = await signIn(browser);
    const other = await signInAndGetTokens(bed, { ...cli, parameters: { scope: 'db:sales' } });
    expect(await (await browser.get(`${bed.issuer}/who`)).text()).toBe('local:viewer@example.com');
    await bed.revoker.person('local:viewer@example.com', 'a test', 'operator');
    expect(await verify(tokens.access_token)).toMatchObject({ outcome: 'invalid' });
    expect(await verify(other.tokens.access_token)).toMatchObject({ outcome: 'invalid' });
    expect(await (await browser.get(`${bed.issuer}/who`)).text()).toBe('nobody');
    expect(await last()).toMatchObject({ kind: 'person', subject: 'local:viewer@example.com' });
  });

  it('of browser sessions ends all of a person’s, and no token and nobody else’s', async () => {
    const [browser, other, foreign] = [new TestBrowser(), new TestBrowser(), new TestBrowser()];
    const { tokens } = await signIn(browser);
    await other.post(`${bed.issuer}/enter`, { username: viewer.subject });
    await foreign.post(`${bed.issuer}/enter`, { username: admin.subject });
    const head = await bed.store.revocations.head();
    await bed.server.signOutEverywhere('local:viewer@example.com', 'local:viewer@example.com');
    const who = async (one: TestBrowser) => (await one.get(`${bed.issuer}/who`)).text();
    expect([await who(browser), await who(other)]).toEqual(['nobody', 'nobody']);
    expect(await who(foreign)).toBe('local:admin@example.com');
    expect(await verify(tokens.access_token)).toMatchObject({ outcome: 'valid' });
    expect(await bed.store.revocations.since(head)).toEqual([]);
    expect(bed.events.at(-1)).toMatchObject({
      type: 'revoked',
      kind: 'browser_sessions',
      subject: 'local:viewer@example.com',
    });
  });

  it('F15 shows in introspection, which is for the client of the token alone', async () => {
    const { tokens, configuration } = await signIn();
    const active = await openid.tokenIntrospection(configuration, tokens.access_token);
    expect(active).toMatchObject({
      active: true,
      client_id: 'acme-bi',
      scope: 'db:authdb',
      aud: `${bed.issuer}/db/authdb`,
    });
    const public_ = await post('introspect', { token: tokens.access_token, client_id: 'grantway-cli' });
    expect(await public_.json()).toEqual({ active: false });
    const nobody = await post('introspect', { token: tokens.access_token });
    expect(nobody.status).toBe(400);
    await openid.tokenRevocation(configuration, tokens.access_token);
    expect(await openid.tokenIntrospection(configuration, tokens.access_token)).toEqual({ active: false });
  });
});

describe('token verification', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());
  const verify = (token: string) => bed.server.verifyToken(new Secret(token));

  it.each([
    ['nothing', ''],
    ['a word', 'password'],
    ['a refresh token', `gwr_${'x'.repeat(43)}`],
    ['a token that is too long', `gwt_${'x'.repeat(44)}`],
    ['a token with a line break', `gwt_${'x'.repeat(43)}\n`],
    ['64 KB', 'x'.repeat(65_536)],
  ])('refuses %s as malformed', async (_what, token) => {
    expect(await verify(token)).toEqual({ outcome: 'invalid', reason: 'malformed' });
  });

  it('F19 refuses an unknown token, an ID token, and the hash of a token', async () => {
    const { tokens } = await signInAndGetTokens(bed, { ...cli, parameters: { scope: 'openid db:authdb' } });
    expect(await verify(`gwt_${'x'.repeat(43)}`)).toEqual({ outcome: 'invalid', reason: 'unknown' });
    expect(await verify(`gwt_${hashSecret(tokens.access_token)}`)).toEqual({
      outcome: 'invalid',
      reason: 'unknown',
    });
    expect(await verify(String(tokens.id_token))).toEqual({ outcome: 'invalid', reason: 'malformed' });
    const presented = await tokenRequest(bed, {
      grant_type: 'refresh_token',
      client_id: 'grantway-cli',
      refresh_token: hashSecret(tokens.refresh_token),
    });
    expect(presented).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('tells an expired token from an unknown one', async () => {
    const { tokens } = await signInAndGetTokens(bed, { ...cli, parameters: { scope: 'db:authdb' } });
    bed.time.now = Date.now() + 15 * 60_000 + 1_000;
    expect(await verify(tokens.access_token)).toEqual({ outcome: 'invalid', reason: 'expired' });
    bed.time.now = 0;
  });
});
