import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  acmeSecret,
  admin,
  authorize,
  startTestBed,
  type TestBed,
  TestBrowser,
  target,
  viewer,
} from './testing/index.ts';

const acme = { clientId: 'acme-bi', secret: acmeSecret, redirectUri: 'https://bi.acme.example/callback' };

describe('the browser session', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());
  afterEach(() => {
    bed.time.now = 0;
  });

  const who = async (browser: TestBrowser) => (await browser.get(`${bed.issuer}/who`)).text();
  const enter = (browser: TestBrowser, person = viewer) =>
    browser.post(`${bed.issuer}/enter`, { username: person.subject });

  it('starts and ends outside of an authorization request too', async () => {
    const browser = new TestBrowser();
    expect(await who(browser)).toBe('nobody');
    const response = await enter(browser);
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^grantway_session=[\w-]{43}; path=\/; expires=.*; samesite=lax; httponly$/i,
    );
    expect(await who(browser)).toBe('local:viewer@example.com');
    const stolen = browser.cookie('grantway_session') ?? '';
    await browser.post(`${bed.issuer}/leave`, {});
    expect(await who(browser)).toBe('nobody');
    expect(bed.events).toContainEqual(
      expect.objectContaining({ type: 'sign_out', person: 'local:viewer@example.com' }),
    );
    const replayed = await fetch(`${bed.issuer}/who`, { headers: { cookie: `grantway_session=${stolen}` } });
    expect(await replayed.text()).toBe('nobody');
  });

  it('F09 gets a new id at each sign-in, and the old one is worth nothing', async () => {
    const browser = new TestBrowser();
    await browser.get(`${bed.issuer}/device`);
    const planted = browser.cookie('grantway_session');
    await enter(browser);
    const signedIn = browser.cookie('grantway_session');
    expect(signedIn).not.toBe(planted);
    await enter(browser, admin);
    expect(browser.cookie('grantway_session')).not.toBe(signedIn);
    expect(await who(browser)).toBe('local:admin@example.com');
  });

  it('F09 gets a new id at a sign-in for a client too', async () => {
    const browser = new TestBrowser();
    await browser.get(`${bed.issuer}/device`);
    const planted = browser.cookie('grantway_session');
    await authorize(bed, { ...acme, browser, parameters: { scope: 'db:authdb' } });
    expect(browser.cookie('grantway_session')).not.toBe(planted);
    expect(await who(browser)).toBe('local:viewer@example.com');
  });

  it('F09 does not take an id without the signature of its cookie', async () => {
    const browser = new TestBrowser();
    await enter(browser);
    const bare = await fetch(`${bed.issuer}/who`, {
      headers: { cookie: `grantway_session=${browser.cookie('grantway_session')}` },
    });
    expect(await bare.text()).toBe('nobody');
  });

  it('goes over to another person without a mix of the two', async () => {
    const browser = new TestBrowser();
    await enter(browser);
    const { pages, url } = await authorize(bed, {
      ...acme,
      browser,
      who: admin,
      parameters: { scope: 'db:authdb', prompt: 'login' },
    });
    expect(pages.consent?.accountId).toBe('local:admin@example.com');
    expect(url.searchParams.get('code')).toMatch(/^gwc_/);
    expect(await who(browser)).toBe('local:admin@example.com');
  });

  it('is on record as over, whichever way its person left', async () => {
    const browser = new TestBrowser();
    const atEndSession = async (decision: Record<string, string>) => {
      const question: unknown = await (await browser.get(`${bed.issuer}/oauth/end-session`)).json();
      const { action, xsrf } = question as Record<string, string>;
      await browser.post(`${bed.issuer}${action}`, { xsrf: xsrf ?? '', ...decision });
    };
    const recordsOf = async (act: () => Promise<unknown>) => {
      await enter(browser);
      const before = bed.events.length;
      await act();
      return bed.events.slice(before).filter(({ type }) => type === 'sign_out');
    };
    const asAdmin = {
      ...acme,
      browser,
      who: admin,
      parameters: { scope: 'db:authdb', prompt: 'login' },
    };
    const ways = [
      () => browser.post(`${bed.issuer}/leave`, {}),
      () => atEndSession({ logout: 'yes' }),
      () => enter(browser, admin),
      () => authorize(bed, asAdmin),
    ];
    for (const way of ways)
      expect(await recordsOf(way)).toEqual([
        { type: 'sign_out', person: 'local:viewer@example.com', remoteAddress: '127.0.0.1' },
      ]);
    expect(await recordsOf(() => enter(browser))).toEqual([]);
    expect(await recordsOf(() => atEndSession({}))).toEqual([]);
    expect(await who(browser)).toBe('local:viewer@example.com');
  });

  it('ends after its lifetime, however much it is used, and for a disabled person at once', async () => {
    const browser = new TestBrowser();
    await enter(browser);
    await bed.store.people.disable('local:viewer@example.com');
    expect(await who(browser)).toBe('nobody');
    await bed.store.people.enable('local:viewer@example.com');
    bed.time.now = Date.now() + 11 * 3_600_000;
    await browser.get(`${bed.issuer}/device`);
    expect(await who(browser)).toBe('local:viewer@example.com');
    bed.time.now = Date.now() + 12 * 3_600_000 + 1_000;
    expect(await who(browser)).toBe('nobody');
  });

  it('ends sooner once the config says so, counted from the newest sign-in', async () => {
    const hour = 3_600_000;
    const { tokens } = bed.config;
    const staysFor = (hours: number) =>
      bed.reconfigure({ tokens: { ...tokens, browserSessionMs: hours * hour } });
    const at = (hours: number) => {
      bed.time.now = begin + hours * hour;
    };
    const begin = Date.now();
    const signInAnew = (browser: TestBrowser) =>
      authorize(bed, { ...acme, browser, parameters: { scope: 'db:authdb', prompt: 'login' } });
    const [onThePage, forAClient, again] = [new TestBrowser(), new TestBrowser(), new TestBrowser()];
    await enter(onThePage);
    // The page for a code begins a session of nobody, and that one is older than the sign-in.
    await forAClient.get(`${bed.issuer}/device`);
    await enter(again);
    at(0.5);
    await signInAnew(forAClient);
    at(2);
    await signInAnew(again);

    staysFor(3);
    at(2.9);
    const everybody = () => Promise.all([onThePage, forAClient, again].map(who));
    const viewerId = 'local:viewer@example.com';
    expect(await everybody()).toEqual([viewerId, viewerId, viewerId]);
    at(3.1);
    expect(await everybody()).toEqual(['nobody', viewerId, viewerId]);
    at(3.6);
    expect(await everybody()).toEqual(['nobody', 'nobody', viewerId]);
    const { pages } = await authorize(bed, {
      ...acme,
      browser: forAClient,
      parameters: { scope: 'db:authdb' },
    });
    expect(Object.keys(pages)).toContain('sign-in');
    expect(await everybody()).toEqual(['nobody', viewerId, viewerId]);
    at(5.1);
    expect(await everybody()).toEqual(['nobody', viewerId, 'nobody']);
    staysFor(12);
  });

  it.each([
    ['that it was days ago', Date.now() - 3 * 86_400_000],
    ['not when it was', 0],
  ])('lives as long when the provider says of the sign-in %s', async (_, at) => {
    const browser = new TestBrowser();
    await authorize(bed, { ...acme, browser, at, parameters: { scope: 'db:authdb', prompt: 'consent' } });
    bed.time.now = Date.now() + 11 * 3_600_000;
    await browser.get(`${bed.issuer}/device`);
    expect(await who(browser)).toBe('local:viewer@example.com');
    bed.time.now = Date.now() + 12 * 3_600_000 + 1_000;
    expect(await who(browser)).toBe('nobody');
  });

  describe('that an application ends', () => {
    const out = 'https://bi.acme.example/signed-out';
    const endSession = (parameters: Readonly<Record<string, string>> = {}) =>
      `${bed.issuer}/oauth/end-session?${new URLSearchParams(parameters)}`;
    const asked = { client_id: 'acme-bi', post_logout_redirect_uri: out, state: 'a b&c' };
    const cameBack = `${out}?${new URLSearchParams({ state: 'a b&c' })}`;

    it('leads back to the application, at the address that the config names', async () => {
      const browser = new TestBrowser();
      await enter(browser);
      const question = (await (await browser.get(endSession(asked))).json()) as Record<string, string>;
      const form = { xsrf: question.xsrf ?? '', logout: 'yes' };
      const done = await browser.post(`${bed.issuer}${question.action}`, form);
      expect(done.headers.get('location')).toBe(cameBack);
      expect(await who(browser)).toBe('nobody');
    });

    it('leads back at once where nobody is signed in any more', async () => {
      const answer = await new TestBrowser().get(endSession(asked));
      expect([answer.status, answer.headers.get('location')]).toEqual([303, cameBack]);
    });

    it('shows our page where nobody is signed in and nobody says where to go', async () => {
      for (const parameters of [{}, { client_id: 'acme-bi' }, { post_logout_redirect_uri: out }]) {
        const answer = await new TestBrowser().get(endSession(parameters));
        expect([answer.status, await answer.json()]).toEqual([200, { page: 'signed-out' }]);
      }
    });

    it('F16 leads by itself to no address of an application that nobody vouches for', async () => {
      const metadata = {
        client_name: 'Stranger',
        redirect_uris: ['https://stranger.example/cb'],
        post_logout_redirect_uris: ['https://stranger.example/out'],
        token_endpoint_auth_method: 'none',
      };
      await bed.store.clients.put({ id: 'stranger', origin: 'registration', metadata }, Date.now());
      const parameters = {
        client_id: 'stranger',
        post_logout_redirect_uri: 'https://stranger.example/out',
        state: 's',
      };
      const answer = await new TestBrowser().get(endSession(parameters));
      expect([answer.status, await answer.json()]).toEqual([
        200,
        {
          page: 'signed-out',
          backTo: { host: 'stranger.example', href: 'https://stranger.example/out?state=s' },
        },
      ]);
    });
  });

  it('F16 ends at the end-session endpoint after a question, and leads nowhere that was not registered', async () => {
    const browser = new TestBrowser();
    await enter(browser);
    const evil = await browser.get(
      `${bed.issuer}/oauth/end-session?client_id=acme-bi&post_logout_redirect_uri=https://evil.example`,
    );
    expect(evil.status).toBe(400);
    const question = await (await browser.get(`${bed.issuer}/oauth/end-session`)).json();
    expect(question).toMatchObject({
      page: 'sign-out',
      action: expect.stringMatching(/^\/oauth\/end-session\/confirm\?page=/),
    });
    const { action, xsrf } = question as Record<string, string>;
    expect((await browser.post(bed.issuer + action, { xsrf: 'forged', logout: 'yes' })).status).toBe(400);
    const done = await browser.post(bed.issuer + action, { xsrf: xsrf ?? '', logout: 'yes' });
    expect(target(done)?.origin).toBe(bed.issuer);
    expect(await who(browser)).toBe('nobody');
  });
});
