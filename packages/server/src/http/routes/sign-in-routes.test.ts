import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Person } from '../../../../../tests/support/person.ts';
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

const viewerId = 'local:viewer@example.com';

function person(name: keyof typeof people = 'viewer'): Person {
  return new Person(site.issuer, `${name}@example.com`, people[name]);
}

describe('the sign-in page', () => {
  test('signs a person in under a new session, by a 303, and the record comes first', async () => {
    const viewer = person();
    const form = await shown(viewer.open('/sign-in'));
    const before = site.events.length;
    const response = await post(viewer, '/sign-in', {
      form_token: formToken(form),
      username: 'viewer@example.com',
      password: people.viewer,
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
    expect(response.headers.getSetCookie().join('\n')).toMatch(/grantway_session=.*httponly/i);
    expect(site.events.slice(before)[0]).toMatchObject({
      type: 'sign_in',
      outcome: 'succeeded',
      person: 'local:viewer@example.com',
    });
    expect((await site.store.people.get('local:viewer@example.com'))?.lastSignInAt).toBeDefined();
    expect((await shown(viewer.open('/'))).html).toContain('Your databases');
  });

  test.each<[what: string, end: () => Promise<unknown>]>([
    ['the password was replaced', () => site.revoker.browserSessions(viewerId, 'config')],
    ['the person was switched off', () => site.revoker.person(viewerId, 'a test', 'operator')],
  ])('begins no session with a password that was right until %s', async (_, end) => {
    const viewer = person();
    const form = await shown(viewer.open('/sign-in'));
    const { password } = site.store.people;
    site.store.people.password = async (id) => {
      const stored = await password(id);
      await end();
      return stored;
    };
    const answer = await shown(viewer.signIn(form));
    site.store.people.password = password;
    expect([answer.status, answer.html.includes('is not right')]).toEqual([422, true]);
    expect(site.events.findLast(({ type }) => type === 'sign_in')).toMatchObject({
      outcome: 'failed',
      reason: 'superseded',
      person: viewerId,
    });
    expect(await viewer.isSignedIn()).toBe(false);
  });

  test.each(['/sign-in', 'an application'])(
    'at %s leaves no session behind that nobody could find when all were ended',
    async (place) => {
      const viewer = person();
      const form = await shown(viewer.open(place === '/sign-in' ? place : authorizationRequest(site)));
      const { artifacts } = site.store;
      const { upsert } = artifacts;
      let ended = 0;
      artifacts.upsert = async (artifact) => {
        if (artifact.model === 'Session' && artifact.accountId === viewerId) {
          ended += 1;
          await site.revoker.browserSessions(viewerId, 'operator');
        }
        return await upsert(artifact);
      };
      const answer = await viewer.signIn(form);
      artifacts.upsert = upsert;
      expect([ended, answer.kind]).toEqual([1, 'page']);
      expect(await shown(Promise.resolve(answer))).toMatchObject({
        html: expect.stringMatching(/your account changed meanwhile|signed out while you signed in/),
      });
      expect(await artifacts.list('Session', { accountId: viewerId })).toEqual([]);
      expect(await viewer.isSignedIn()).toBe(false);
    },
  );

  test('starts no session when the record cannot be written', async () => {
    const viewer = person();
    const form = await shown(viewer.open('/sign-in'));
    site.auditFails = true;
    const end = await shown(viewer.signIn(form));
    expect(end.status).toBe(503);
    site.auditFails = false;
    expect(await viewer.isSignedIn()).toBe(false);
  });

  test('G17 answers a wrong password and an unknown person alike, and records why without what was typed', async () => {
    const answers = await Promise.all(
      ['admin@example.com', 'nobody-secret@example.com'].map(async (username) => {
        const somebody = new Person(site.issuer, username, 'wrong');
        const { status, html: text } = await shown(somebody.signIn(await shown(somebody.open('/sign-in'))));
        return { status, text: text.replaceAll(username, '').replace(/name="form_token" value="[^"]*"/, '') };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(422);
    const failed = site.events.filter((event) => event.type === 'sign_in' && event.outcome === 'failed');
    expect(failed).toContainEqual(
      expect.objectContaining({ reason: 'wrong_password', person: 'local:admin@example.com' }),
    );
    expect(failed).toContainEqual(expect.objectContaining({ reason: 'unknown' }));
    expect(JSON.stringify(failed)).not.toContain('nobody-secret');
  });

  test('says how long to wait when there were too many failures, and records it', async () => {
    const somebody = new Person(site.issuer, 'throttled@example.com', 'wrong');
    for (let time = 0; time < 5; time += 1) await somebody.signIn(await shown(somebody.open('/sign-in')));
    const end = await shown(somebody.signIn(await shown(somebody.open('/sign-in'))));
    expect([end.status, end.html.includes('Wait 15 minutes')]).toEqual([429, true]);
    expect(Number(end.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(site.events.at(-1)).toMatchObject({ type: 'sign_in', outcome: 'throttled' });
  });

  test('shows what was typed as text', async () => {
    const somebody = new Person(site.issuer, '"><script>alert(1)</script>', 'wrong');
    const end = await shown(somebody.signIn(await shown(somebody.open('/sign-in'))));
    expect(end.html).not.toContain('<script>');
    expect(end.html).toContain('value="&quot;&gt;&lt;script&gt;');
  });

  test('begins with the name that the application hints at, as text, and waits for the password', async () => {
    const hinted = (hint: string) => shown(person().open(authorizationRequest(site, { login_hint: hint })));
    const form = (await hinted('viewer@example.com')).html;
    expect(form).toMatch(/name="username"[^>]*value="viewer@example.com"/);
    expect(form).toMatch(/name="password"[^>]*autofocus/);
    expect((await hinted('"><script>')).html).toContain('value="&quot;&gt;&lt;script&gt;"');
    expect((await hinted('x'.repeat(257))).html).toMatch(/name="username"[^>]*value=""/);
  });

  test.each(['?return_to=//evil.example', '?return_to=/%5Cevil.example', '?return_to=https://evil.example'])(
    'F16 goes home afterwards, whatever %s says',
    async (query) => {
      const viewer = person();
      const form = await shown(viewer.open(`/sign-in${query}`));
      const response = await post(viewer, `/sign-in${query}`, {
        form_token: formToken(form),
        username: 'viewer@example.com',
        password: people.viewer,
      });
      expect(response.headers.get('location')).toBe('/');
    },
  );

  test('F09 of an authorization request is of no use in another browser', async () => {
    const attacker = person('admin');
    const started = await shown(attacker.open(authorizationRequest(site, { prompt: 'consent' })));
    expect(started.url.pathname).toMatch(/^\/sign-in\/./);
    const victim = person();
    const stranger = await shown(victim.open(started.url));
    expect([stranger.status, stranger.html.includes('another browser')]).toEqual([400, true]);
  });
});

test('who comes back to a request that is over is told so, and not of the cookies of the library', async () => {
  const answer = await person().fetch('/oauth/authorize/over', { headers: { accept: 'text/html' } });
  const page = await answer.text();
  expect([answer.status, page.includes('<h1 id="title">This request is over</h1>')]).toEqual([400, true]);
  expect(page).toContain('Go back to the application and start again.');
});

describe('a form', () => {
  const genuine = { username: 'viewer@example.com', password: people.viewer };

  test.each([
    ['no token', async () => ({ ...genuine })],
    ['an empty token', async () => ({ ...genuine, form_token: '' })],
    [
      'the token of another browser',
      async () => ({ ...genuine, form_token: formToken(await shown(person().open('/sign-in'))) }),
    ],
    [
      'a token with another time',
      async (own: string) => ({ ...genuine, form_token: own.replace(/^[^.]+/, 'zzzzzzzz') }),
    ],
  ])('H07 with %s is refused', async (_, fieldsOf) => {
    const viewer = person();
    const own = formToken(await shown(viewer.open('/sign-in')));
    const response = await post(viewer, '/sign-in', await fieldsOf(own));
    expect(await refusal(response)).toEqual([403, 'cross_site']);
  });

  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['no origin', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sister site', { 'sec-fetch-site': 'same-site' }],
  ])('H07 from %s is refused, also with a good token', async (_, headers) => {
    const viewer = person();
    const form_token = formToken(await shown(viewer.open('/sign-in')));
    const response = await post(viewer, '/sign-in', { ...genuine, form_token }, headers);
    expect(await refusal(response)).toEqual([403, 'cross_site']);
  });

  test('that was open for half a day must be loaded again', async () => {
    const viewer = person();
    const form = await shown(viewer.open('/sign-in'));
    site.clock.offset = 13 * 3_600_000;
    const end = await shown(viewer.signIn(form));
    site.clock.offset = 0;
    expect([end.status, end.html.includes('Load the page again')]).toEqual([403, true]);
  });

  test('H07 for one page is no use on another', async () => {
    const viewer = person();
    const form_token = formToken(await shown(viewer.open('/sign-in')));
    await viewer.home();
    for (const path of ['/sign-out', '/applications/x/end', '/sessions/x/end']) {
      const response = await post(viewer, path, { form_token });
      expect([path, response.status]).toEqual([path, 403]);
    }
  });

  test.each([
    ['JSON as plain text', 'text/plain', '{"username":"viewer@example.com"}'],
    ['JSON', 'application/json', '{"username":"viewer@example.com"}'],
    ['a field twice', 'application/x-www-form-urlencoded', 'username=a&username=b&password=c'],
    ['H10 a prototype', 'application/x-www-form-urlencoded', '__proto__=a&constructor=b'],
  ])('H07 sent as %s is refused', async (_, type, body) => {
    const response = await fetch(`${site.issuer}/sign-in`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect([400, 403, 415]).toContain(response.status);
  });
});
