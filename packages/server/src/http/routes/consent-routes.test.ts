import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Page, Person } from '../../../../../tests/support/person.ts';
import { noWish } from '../../core/index.ts';
import {
  authorizationRequest,
  formToken,
  people,
  post,
  refusal,
  type Site,
  shown,
  startSite,
} from '../testing/index.ts';
import { wayBackOf } from '../ways-back.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.stop());

function person(name: keyof typeof people = 'viewer'): Person {
  return new Person(site.issuer, `${name}@example.com`, people[name]);
}

describe('consent', () => {
  test('H08 shows who asks, where it returns, what the role can do and for how long, all as text', async () => {
    const consent = await atConsent(person(), 'db:authdb openid profile');
    expect(consent.html).toContain('Acme &lt;BI&gt;');
    for (const words of [
      'this computer',
      'authdb',
      'readonly',
      'Read every table',
      '15 minutes',
      '12 hours',
      '30 days',
      'See your name',
      'viewer@example.com',
    ])
      expect(consent.html).toContain(words);
  });

  test('names the application’s own address, and no other, as where its form may lead', async () => {
    const consent = await atConsent(person(), 'db:authdb', 'https://bi.acme.example/callback');
    expect(consent.headers.get('content-security-policy')).toMatch(
      /form-action 'self' https:\/\/bi\.acme\.example$/,
    );
  });

  test('allowed and denied lead back to the application', async () => {
    const allowed = await person().authorize(authorizationRequest(site, { prompt: 'consent' }), 'allow');
    if (allowed.kind === 'page') throw new Error(allowed.html);
    expect(allowed.to.searchParams.get('code')).toBeTruthy();
    const denied = await person().authorize(authorizationRequest(site, { prompt: 'consent' }), 'deny');
    if (denied.kind === 'page') throw new Error(denied.html);
    expect(denied.to.searchParams.get('error')).toBe('access_denied');
  });

  test('offers nothing to allow when no rule gives a role, and does not take it either', async () => {
    const viewer = person();
    const consent = await atConsent(viewer, 'db:payroll');
    expect(consent.html).toContain('No rule gives you');
    expect(consent.html).not.toContain('value="allow"');
    const response = await post(viewer, consent.url.pathname, {
      form_token: formToken(consent),
      decision: 'allow',
    });
    expect(await refusal(response)).toEqual([403, 'no_matching_rule']);
  });

  test('says which part of the request is left out', async () => {
    const consent = await atConsent(person(), 'db:authdb db:payroll');
    expect(consent.html).toContain('Not included');
    expect(consent.html).toContain('value="allow"');
  });

  test.each([
    ['another decision', 'maybe'],
    ['no decision', ''],
  ])('refuses %s', async (_, decision) => {
    const viewer = person();
    const consent = await atConsent(viewer, 'db:authdb');
    const response = await post(viewer, consent.url.pathname, {
      form_token: formToken(consent),
      decision,
    });
    expect(await refusal(response)).toEqual([400, 'request_invalid']);
  });

  test('F10 of one request is no use to another one in the same browser', async () => {
    const viewer = person();
    const one = await atConsent(viewer, 'db:authdb');
    const other = await shown(viewer.open(authorizationRequest(site, { prompt: 'consent' })));
    expect(other.url.pathname).toMatch(/^\/consent\//);
    const fields = { form_token: formToken(one), decision: 'allow' };
    expect(await refusal(await post(viewer, other.url.pathname, fields))).toEqual([403, 'cross_site']);
  });

  test('F10 of one person is no use to another browser or another person', async () => {
    const viewer = person();
    const consent = await atConsent(viewer, 'db:authdb');
    const fields = { form_token: formToken(consent), decision: 'allow' };
    const other = person('admin');
    await other.home();
    expect((await post(other, consent.url.pathname, fields)).status).toBe(400);

    const out = await shown(viewer.press(await viewer.home(), /^\/sign-out$/));
    expect(out.html).toContain('signed out');
    expect((await post(viewer, consent.url.pathname, fields)).status).toBe(400);
  });
});

describe('consent of somebody whom a provider vouches for', () => {
  const signInEveryMs = 60_000;
  let behind: Site;
  beforeAll(async () => {
    // The people of this site, as if a provider stood behind them.
    const corp = {
      kind: 'oidc',
      name: 'local',
      label: 'corp',
      issuer: 'https://id.example',
      clientId: 'grantway',
      claims: { groups: ['groups'], others: {} },
      signInEveryMs,
      rereadEveryMs: 30_000,
    } as const;
    behind = await startSite({ signIn: [corp] });
  });
  afterAll(() => behind.stop());

  test('is not taken once the last word of the provider is too old, and the form is not shown', async () => {
    const viewer = new Person(behind.issuer, 'viewer@example.com', people.viewer);
    const consent = await atConsent(viewer, 'db:authdb', undefined, behind);
    const allow = () =>
      post(viewer, consent.url.pathname, { form_token: formToken(consent), decision: 'allow' });
    const before = behind.events.length;
    behind.clock.offset = signInEveryMs + 1_000;
    expect((await allow()).status).toBe(400);
    expect((await pageAt(viewer, consent.url.pathname)).status).toBe(400);
    expect(await viewer.isSignedIn()).toBe(false);
    expect(behind.events.slice(before)).toEqual([]);
    // Within that time the very same form is good.
    behind.clock.offset = 0;
    expect((await allow()).status).toBe(303);
    expect(behind.events.slice(before)).toMatchObject([{ type: 'consent', outcome: 'allowed' }]);
  });
});

describe('a request that is over', () => {
  const wayBack = 'href="https://bi.acme.example"';

  test.each(['/sign-in', '/consent'])(
    'leads from %s to the application that asked, in the browser that asked alone',
    async (page) => {
      const viewer = person();
      const consent = await atConsent(viewer, 'db:authdb', 'https://bi.acme.example/callback');
      expect((await viewer.submit(consent, { decision: 'deny' })).kind).not.toBe('page');
      const [, , uid = ''] = consent.url.pathname.split('/');

      const again = await pageAt(viewer, `${page}/${uid}`);
      expect(again.status).toBe(400);
      expect(again.html).toContain(wayBack);
      expect(again.html).toContain('Go to Acme &lt;BI&gt;');
      // Of another request it knows nothing, and another browser knows nothing of this one.
      expect((await pageAt(viewer, `${page}/another`)).html).not.toContain(wayBack);
      expect((await pageAt(person('admin'), `${page}/${uid}`)).html).not.toContain(wayBack);
    },
  );

  test('leads nowhere for a program on the person’s machine, or an application that nobody vouched for', async () => {
    const forProgram = person();
    const consent = await atConsent(forProgram, 'db:authdb');
    expect((await forProgram.submit(consent, { decision: 'deny' })).kind).not.toBe('page');
    const over = await pageAt(forProgram, consent.url.pathname);
    expect([over.status, over.html.includes('Go to the home page')]).toEqual([400, true]);

    const client = {
      id: 'x',
      name: 'X',
      redirectUri: 'https://x.example/cb',
      selfRegistered: false,
      testMode: false,
      barred: false,
    };
    const asked = { uid: 'u', prompt: 'login', client, wish: noWish, access: [], otherScopes: [] } as const;
    expect(wayBackOf(asked)).toEqual({ application: 'X', address: 'https://x.example' });
    for (const change of [
      { selfRegistered: true },
      { testMode: true },
      { redirectUri: 'http://127.0.0.1:1/cb' },
      { redirectUri: 'com.example.app:/cb' },
      { redirectUri: 'javascript:alert(1)' },
    ])
      expect(wayBackOf({ ...asked, client: { ...client, ...change } })).toBeUndefined();
  });
});

/** What a browser shows there. */
async function pageAt(somebody: Person, path: string) {
  const answer = await somebody.fetch(path, { headers: { accept: 'text/html' } });
  return { status: answer.status, html: await answer.text() };
}

async function atConsent(somebody: Person, scope: string, redirectUri?: string, at = site): Promise<Page> {
  const request = authorizationRequest(at, {
    prompt: 'consent',
    scope,
    ...(redirectUri !== undefined && { redirect_uri: redirectUri }),
  });
  const first = await shown(somebody.open(request));
  return first.url.pathname.startsWith('/consent/') ? first : shown(somebody.signIn(first));
}
