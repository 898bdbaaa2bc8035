import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Page, Person } from '../../../../../tests/support/person.ts';
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

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.stop());

function person(name: keyof typeof people = 'viewer'): Person {
  return new Person(site.issuer, `${name}@example.com`, people[name]);
}

describe('consent', () => {
  test('shows who asks, where it returns, what the role can do and for how long, all as text', async () => {
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

  test('of one person is no use to another browser or another person', async () => {
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

async function atConsent(somebody: Person, scope: string, redirectUri?: string): Promise<Page> {
  const request = authorizationRequest(site, {
    prompt: 'consent',
    scope,
    ...(redirectUri !== undefined && { redirect_uri: redirectUri }),
  });
  const first = await shown(somebody.open(request));
  return first.url.pathname.startsWith('/consent/') ? first : shown(somebody.signIn(first));
}
