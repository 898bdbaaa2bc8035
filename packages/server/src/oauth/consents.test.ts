import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal, Secret } from '../core/index.ts';
import type { LiveSession } from '../store/index.ts';
import {
  acmeSecret,
  admin,
  authorize,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
  TestBrowser,
  target,
  tokenRequest,
  viewer,
} from './testing/index.ts';

const acme = { clientId: 'acme-bi', secret: acmeSecret, redirectUri: 'https://bi.acme.example/callback' };
const cli = { clientId: 'grantway-cli', redirectUri: 'http://127.0.0.1:50123/callback' };

/** A database session on a consent. */
function liveSession(consentId: string): LiveSession {
  return {
    id: 'live',
    gatewayId: 'gateway',
    personId: 'local:viewer@example.com',
    clientId: cli.clientId,
    consentId,
    database: 'sales',
    role: 'readonly',
    remoteAddress: '127.0.0.1',
    startedAt: 0,
    heartbeatAt: 0,
    cancelKeyHash: '',
  };
}

/** The address of a consent form that waits in this browser. */
async function consentForm(bed: TestBed, browser: TestBrowser): Promise<string> {
  const start = openid.buildAuthorizationUrl(await bed.as(acme.clientId, acme.secret), {
    redirect_uri: acme.redirectUri,
    scope: 'db:sales',
    prompt: 'consent',
    code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  });
  const signIn = await browser.follow(await browser.get(start));
  const page = await browser.follow(await browser.post(signIn.url, { username: admin.subject }));
  expect(new URL(page.url).pathname).toMatch(/^\/consent\//);
  return page.url;
}

describe('consent', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const pagesOf = async (journey: Parameters<typeof authorize>[1]) =>
    Object.keys((await authorize(bed, journey)).pages);

  it('F10 is asked once for a client that an administrator registered, and again for more', async () => {
    const scope = 'db:authdb:readonly';
    expect(await pagesOf({ ...acme, parameters: { scope } })).toEqual(['sign-in', 'consent']);
    expect(await pagesOf({ ...acme, parameters: { scope } })).toEqual(['sign-in']);
    for (const more of ['db:sales', 'profile'])
      expect(await pagesOf({ ...acme, parameters: { scope: `${scope} ${more}` } })).toEqual([
        'sign-in',
        'consent',
      ]);
    expect(await pagesOf({ ...acme, parameters: { scope }, who: admin })).toEqual(['sign-in', 'consent']);
    expect(await pagesOf({ ...acme, parameters: { scope, prompt: 'consent' } })).toEqual([
      'sign-in',
      'consent',
    ]);
  });

  it('is asked in the browser session that is there already, without a new sign-in', async () => {
    const browser = new TestBrowser();
    await authorize(bed, { ...acme, browser, parameters: { scope: 'db:authdb' } });
    expect(await pagesOf({ ...acme, browser, parameters: { scope: 'openid db:authdb' } })).toEqual([
      'consent',
    ]);
  });

  it('is reused for our own command line, under an id of its own in each browser', async () => {
    const first = await signInAndGetTokens(bed, { ...cli, parameters: { scope: 'db:sales' } });
    const second = await signInAndGetTokens(bed, { ...cli, parameters: { scope: 'db:sales' } });
    expect(Object.keys(first.pages)).toEqual(['sign-in', 'consent']);
    expect(Object.keys(second.pages)).toEqual(['sign-in']);
    const listed = await bed.server.consents('local:viewer@example.com');
    expect(listed.filter(({ clientId }) => clientId === 'grantway-cli')).toHaveLength(2);
  });

  it('of a program that signs in again and again does not pile up: the one used longest ago ends', async () => {
    const scope = 'openid db:sales';
    const first = await signInAndGetTokens(bed, { ...cli, parameters: { scope } });
    const second = await signInAndGetTokens(bed, { ...cli, parameters: { scope } });
    const other = await signInAndGetTokens(bed, { ...cli, parameters: { scope: 'openid db:authdb' } });
    const own = async () =>
      (await bed.server.consents('local:viewer@example.com')).filter(
        ({ clientId, scopes }) => clientId === 'grantway-cli' && scopes.join(' ') === scope,
      );
    // The third is not used again either, but a session lives on it.
    await signInAndGetTokens(bed, { ...cli, parameters: { scope } });
    const [third] = await own();
    await bed.store.sessions.publish([liveSession(third?.id ?? '')], []);
    for (let count = 4; count <= 10; count++)
      await signInAndGetTokens(bed, { ...cli, parameters: { scope } });
    expect(await own()).toHaveLength(10);
    const refresh = (token: unknown) =>
      tokenRequest(bed, {
        grant_type: 'refresh_token',
        client_id: 'grantway-cli',
        refresh_token: String(token),
      });
    const used = await refresh(first.tokens.refresh_token);
    expect(used.status).toBe(200);
    for (let count = 11; count <= 12; count++) {
      await signInAndGetTokens(bed, { ...cli, parameters: { scope } });
      expect(await own()).toHaveLength(10);
    }
    expect(await own()).toContainEqual(third);
    expect(await refresh(second.tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect((await refresh(used.body.refresh_token)).status).toBe(200);
    expect((await refresh(other.tokens.refresh_token)).status).toBe(200);
    expect(bed.events.filter(({ type }) => type === 'revoked')).toMatchObject([
      { kind: 'consent', by: 'grantway' },
      { kind: 'consent', by: 'grantway' },
    ]);
  });

  it('that was just given stays, when sessions live on all those before', async () => {
    const journey = { ...cli, parameters: { scope: 'openid groups db:sales' } };
    const own = async () =>
      (await bed.server.consents('local:viewer@example.com')).filter(({ scopes }) =>
        scopes.includes('groups'),
      );
    for (let count = 1; count <= 10; count++) await signInAndGetTokens(bed, journey);
    const before = (await own()).map(({ id }) => id);
    await bed.store.sessions.publish(
      before.map((consentId) => ({ ...liveSession(consentId), id: consentId })),
      [],
    );
    const { tokens } = await signInAndGetTokens(bed, journey);
    expect(await own()).toHaveLength(11);
    expect(await bed.server.verifyToken(new Secret(tokens.access_token))).toMatchObject({ outcome: 'valid' });
  });

  it('is one, however often its form is sent', async () => {
    const browser = new TestBrowser();
    const mine = async () => (await bed.server.consents('local:admin@example.com')).length;
    const uid = await consentForm(bed, browser);
    const before = await mine();
    const decided = bed.events.length;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        browser.post(uid, { decision: index % 2 === 0 ? 'allow' : 'deny' }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(new Set(answers.map((answer) => target(answer)?.href)).size).toBe(1);
    expect((await browser.post(uid, { decision: 'allow' })).status).toBe(303);
    const consents = bed.events.slice(decided).filter((event) => event.type === 'consent');
    expect(consents).toHaveLength(1);
    expect(await mine()).toBe(before + (consents[0]?.outcome === 'allowed' ? 1 : 0));
  });

  it('can be given by the same form once the record can be written again', async () => {
    const browser = new TestBrowser();
    const form = await consentForm(bed, browser);
    const { recordDurably } = bed.audit;
    bed.audit.recordDurably = () => Promise.reject(new Error('disk full'));
    expect((await browser.post(form, { decision: 'allow' })).status).toBe(500);
    bed.audit.recordDurably = recordDurably;
    expect((await browser.post(form, { decision: 'allow' })).status).toBe(303);
  });

  it('F10 is asked each time by another program on the person’s machine', async () => {
    const { clientId } = await bed.clients.register({
      name: 'Some tool',
      redirectUris: ['http://127.0.0.1/cb'],
      scopes: [],
      grantTypes: ['authorization_code', 'refresh_token'],
      confidential: false,
    });
    const journey = { clientId, redirectUri: 'http://127.0.0.1:5555/cb', parameters: { scope: 'db:sales' } };
    expect(await pagesOf(journey)).toEqual(['sign-in', 'consent']);
    expect(await pagesOf(journey)).toEqual(['sign-in', 'consent']);
  });

  it('is recorded before it takes effect, with its id', async () => {
    await authorize(bed, { ...acme, parameters: { scope: 'db:sales:readonly' } });
    const record = bed.events.findLast((event) => event.type === 'consent');
    expect(record).toMatchObject({
      outcome: 'allowed',
      person: 'local:viewer@example.com',
      client: 'acme-bi',
      scopes: ['db:sales:readonly'],
      remoteAddress: '127.0.0.1',
    });
    const listed = await bed.server.consents('local:viewer@example.com');
    expect(listed.map(({ id }) => id)).toContain(record?.consent);
    const elsewhere = await bed.server.consents('local:admin@example.com');
    expect(elsewhere.map(({ id }) => id)).not.toContain(record?.consent);
  });

  it('to less than was asked for, where no rule gives more, is asked once and goes on', async () => {
    const { pages, tokens } = await signInAndGetTokens(bed, {
      ...acme,
      parameters: { scope: 'db:authdb:readonly db:authdb:admin', prompt: 'consent' },
    });
    expect(Object.keys(pages)).toEqual(['sign-in', 'consent']);
    expect(tokens.scope).toBe('db:authdb:readonly');
  });

  it('is none, and on record as refused, where no rule gives anything of what was asked', async () => {
    const own = () => bed.store.artifacts.list('Grant', { accountId: 'local:viewer@example.com' });
    const before = await own();
    const { url } = await authorize(bed, { ...acme, parameters: { scope: 'db:authdb:admin profile' } });
    expect(url.searchParams.get('error')).toBe('access_denied');
    expect(await own()).toEqual(before);
    expect(bed.events.findLast((event) => event.type === 'consent')).toMatchObject({
      outcome: 'denied',
      scopes: ['profile', 'db:authdb:admin'],
    });
  });

  it('that cannot be recorded is not given', async () => {
    const { recordDurably } = bed.audit;
    const own = () => bed.store.artifacts.list('Grant', { accountId: 'local:viewer@example.com' });
    const before = await own();
    bed.audit.recordDurably = () => Promise.reject(new Error('disk full'));
    const { response } = await authorize(bed, {
      ...acme,
      parameters: { scope: 'db:authdb:readonly openid groups' },
    });
    bed.audit.recordDurably = recordDurably;
    expect(response.status).toBe(500);
    expect(await own()).toEqual(before);
  });

  it('whose person is signed out elsewhere at that moment leads to no application, and says why', async () => {
    const { recordDurably } = bed.audit;
    bed.audit.recordDurably = async (event) => {
      await recordDurably(event);
      if (event.type === 'consent')
        await bed.server.endEverything('local:viewer@example.com', 'signed out', '');
    };
    const { response } = await authorize(bed, {
      ...acme,
      parameters: { scope: 'db:sales', prompt: 'consent' },
    });
    bed.audit.recordDurably = recordDurably;
    expect(response.status).toBe(500);
    expect(await response.text()).toBe(String(new Refusal('cross_site')));
  });

  it('of before is not renewed for a client that wants its person asked, nor when they say no', async () => {
    const scope = 'groups db:sales';
    const browser = new TestBrowser();
    await authorize(bed, { ...acme, parameters: { scope } });
    await authorize(bed, { ...acme, browser, parameters: { scope: 'openid' } });
    for (const prompt of ['consent', 'login consent']) {
      const before = bed.events.length;
      const { url } = await authorize(bed, {
        ...acme,
        browser,
        decision: 'deny',
        parameters: { scope, prompt },
      });
      expect(url.searchParams.get('error')).toBe('access_denied');
      const decided = bed.events.slice(before).filter((event) => event.type === 'consent');
      expect(decided).toMatchObject([{ outcome: 'denied' }]);
    }
  });

  it('of before is not renewed for whoever has yet to sign in anew', async () => {
    const scope = 'groups db:sales';
    const browser = new TestBrowser();
    await authorize(bed, { ...acme, parameters: { scope } });
    await authorize(bed, { ...acme, browser, parameters: { scope: 'openid' } });
    const before = bed.events.length;
    const start = openid.buildAuthorizationUrl(await bed.as(acme.clientId, acme.secret), {
      redirect_uri: acme.redirectUri,
      scope,
      prompt: 'login',
      code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    });
    const page = await browser.follow(await browser.get(start));
    expect(new URL(page.url).pathname).toMatch(/^\/sign-in\//);
    expect(bed.events.slice(before).filter(({ type }) => type === 'consent')).toEqual([]);
  });

  it('F10 is refused silently, with the error for it, when the client wants no page', async () => {
    const nobody = await authorize(bed, { ...acme, parameters: { scope: 'db:authdb', prompt: 'none' } });
    expect(nobody.url.searchParams.get('error')).toBe('login_required');
    const browser = new TestBrowser();
    await authorize(bed, { ...acme, browser, parameters: { scope: 'db:authdb' } });
    const more = await authorize(bed, {
      ...acme,
      browser,
      parameters: { scope: 'profile db:authdb', prompt: 'none' },
    });
    expect(more.url.searchParams.get('error')).toBe('consent_required');
  });

  it('is not given in the place of a sign-in that the client wants anew', async () => {
    const browser = new TestBrowser();
    await browser.post(`${bed.issuer}/enter`, { username: viewer.subject });
    const start = openid.buildAuthorizationUrl(await bed.as(acme.clientId, acme.secret), {
      redirect_uri: acme.redirectUri,
      scope: 'db:sales',
      prompt: 'login',
      code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    });
    const signIn = new URL((await browser.follow(await browser.get(start))).url);
    const before = bed.events.length;
    // With all cookies, as a client sends them that asks nobody where they belong.
    const names = ['interaction', 'interaction.sig', 'session', 'session.sig'].map(
      (name) => `grantway_${name}`,
    );
    const answer = await fetch(new URL(signIn.pathname.replace('sign-in', 'consent'), signIn), {
      method: 'POST',
      body: new URLSearchParams({ decision: 'allow' }),
      headers: { cookie: names.map((name) => `${name}=${browser.cookie(name)}`).join('; ') },
      redirect: 'manual',
    });
    expect(answer.status).toBe(500);
    expect(bed.events.slice(before)).toEqual([]);
  });

  it('is not given by a form that stood open while its person was disabled', async () => {
    const browser = new TestBrowser();
    const form = await consentForm(bed, browser);
    await bed.store.people.disable('local:admin@example.com');
    const before = bed.events.length;
    expect((await browser.post(form, { decision: 'allow' })).status).toBe(500);
    await bed.store.people.enable('local:admin@example.com');
    expect(bed.events.slice(before)).toEqual([]);
  });

  it('is not given by a form that stood open until the word of the provider was too old', async () => {
    const browser = new TestBrowser();
    const form = await consentForm(bed, browser);
    const { signIn } = bed.config;
    // The people of this test, as if a provider stood behind them.
    const corp = {
      kind: 'oidc',
      name: 'local',
      label: 'corp',
      issuer: 'https://id.example',
      clientId: 'grantway',
      claims: { groups: ['groups'], others: {} },
      signInEveryMs: 60_000,
      rereadEveryMs: 30_000,
    } as const;
    bed.reconfigure({ signIn: [corp] });
    bed.time.now = Date.now() + 61_000;
    const before = bed.events.length;
    expect((await browser.get(form)).status).toBe(404);
    expect((await browser.post(form, { decision: 'allow' })).status).toBe(500);
    expect(bed.events.slice(before)).toEqual([]);
    bed.time.now = 0;
    expect((await browser.post(form, { decision: 'allow' })).status).toBe(303);
    expect(bed.events.slice(before)).toMatchObject([{ type: 'consent', outcome: 'allowed' }]);
    bed.reconfigure({ signIn });
  });

  it('is not given by a person who was disabled meanwhile', async () => {
    const browser = new TestBrowser();
    await authorize(bed, { ...acme, browser, parameters: { scope: 'db:authdb' } });
    await bed.store.people.disable('local:viewer@example.com');
    const { pages } = await authorize(bed, {
      ...acme,
      browser,
      who: admin,
      parameters: { scope: 'db:authdb' },
    });
    expect(Object.keys(pages)).toEqual(['sign-in', 'consent']);
    expect(pages.consent?.accountId).toBe('local:admin@example.com');
    await bed.store.people.enable('local:viewer@example.com');
  });
});
