import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Page, Person } from '../../../../../tests/support/person.ts';
import {
  authorizationRequest,
  formToken,
  post,
  refusal,
  type Site,
  shown,
  startSite,
  withFirstSecret,
} from '../testing/index.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.stop());

const secret = 'made by an administrator';
const own = 'plums in the icebox 42';

/** Somebody with a first secret, and a browser that knows it. */
async function newcomer(name: string): Promise<Person> {
  const { username } = await withFirstSecret(site, name, secret);
  return new Person(site.issuer, username, secret);
}

let count = 0;
/** Somebody new who has proven a first secret, and the page where they are then. */
async function arrived(start: string | URL = '/sign-in') {
  count += 1;
  const name = `ada-${count}`;
  const person = await newcomer(name);
  const page = await shown(person.signIn(await shown(person.open(start))));
  return { person, page, name, id: `local:${name}@example.com` };
}

function choose(person: Person, page: Page, password = own, again = password) {
  return person.submit(page, { new_password: password, new_password_again: again });
}

/** Where a posted choice leads, and whether it was refused before anything happened. */
async function posted(person: Person, page: Page, fields: Readonly<Record<string, string>> = {}) {
  const response = await post(person, page.url.pathname, {
    form_token: formToken(page),
    new_password: own,
    new_password_again: own,
    ...fields,
  });
  return [response.status, response.headers.get('location')] as const;
}

describe('a first secret', () => {
  test('opens nothing but the choice of a password', async () => {
    const { person, page, id } = await arrived();
    expect([page.url.pathname, page.status]).toEqual(['/sign-in/password', 200]);
    expect(page.html).toContain('Choose your own password');
    expect(await person.isSignedIn()).toBe(false);
    const silent = await person.open(authorizationRequest(site, { prompt: 'none' }));
    expect(silent).toMatchObject({ kind: 'departure' });
    expect(silent.kind === 'departure' && silent.to.searchParams.get('error')).toBe('login_required');
    expect(site.events.findLast(({ type }) => type === 'sign_in')).toMatchObject({
      outcome: 'succeeded',
      reason: 'first_secret',
      person: id,
    });
  });

  test('is over once a password is chosen, and that one lets its person in', async () => {
    const { person, page, id } = await arrived();
    const home = await shown(choose(person, page));
    expect([home.url.pathname, home.html.includes('Sign out')]).toEqual(['/', true]);
    expect(await site.store.people.password(id)).toEqual({
      hash: expect.stringMatching(/^\$argon2id\$/) as string,
    });
    expect((await site.store.people.get(id))?.lastSignInAt).toBeDefined();
    const username = person.username;
    const old = new Person(site.issuer, username, secret);
    expect((await shown(old.signIn(await shown(old.open('/sign-in'))))).status).toBe(422);
    expect((await new Person(site.issuer, username, own).home()).html).toContain('Sign out');
  });

  test('is asked for before consent when an application waits, and the request goes on after it', async () => {
    const { person, page } = await arrived(authorizationRequest(site));
    expect(page.url.pathname).toMatch(/^\/sign-in\/[^/]+\/password$/);
    expect(page.html).toContain('Acme &lt;BI&gt;');
    expect(page.headers.get('content-security-policy')).toContain('http://127.0.0.1:1');
    const uid = page.url.pathname.split('/')[2];
    const ahead = await fetch(`${site.issuer}/consent/${uid}`, {
      headers: { cookie: person.allCookies },
      redirect: 'manual',
    });
    expect(new URL(ahead.headers.get('location') ?? '', site.issuer).pathname).toBe(`/sign-in/${uid}`);

    const consent = await shown(choose(person, page));
    expect(consent.url.pathname).toMatch(/^\/consent\//);
    const end = await person.submit(consent, { decision: 'allow' });
    expect(end.kind === 'departure' && end.to.searchParams.has('code')).toBe(true);
  });
});

describe('the choice of a first password', () => {
  test.each([
    ['too short', 'eleven char', 'at least 12 characters'],
    ['beyond the limit', 'ü'.repeat(513), 'too long'],
    ['a repetition', 'abcabcabcabc', 'simple pattern'],
    ['the secret itself', secret, 'that you have already'],
  ])('refuses one that is %s, changes nothing, and asks again', async (_, password, sentence) => {
    const { person, page, id } = await arrived();
    const before = await site.store.people.password(id);
    const again = await shown(choose(person, page, password));
    expect([again.status, again.html.includes(sentence)]).toEqual([422, true]);
    expect(again.html).not.toContain(password);
    expect(await site.store.people.password(id)).toEqual(before);
    expect((await shown(choose(person, again))).html).toContain('Sign out');
  });

  test('refuses two that differ', async () => {
    const { person, page } = await arrived();
    const again = await shown(choose(person, page, own, `${own}!`));
    expect([again.status, again.html.includes('not the same')]).toEqual([422, true]);
  });

  test('is on record before it takes effect, and does not when it cannot be', async () => {
    const { person, page, id } = await arrived();
    const before = await site.store.people.password(id);
    site.auditFails = true;
    expect((await shown(choose(person, page))).status).toBe(503);
    site.auditFails = false;
    expect(await site.store.people.password(id)).toEqual(before);
    expect(await person.isSignedIn()).toBe(false);

    await choose(person, page);
    expect(site.events.findLast(({ type }) => type === 'password_change')).toMatchObject({
      method: 'local',
      proof: 'first_secret',
      outcome: 'changed',
      person: id,
      remoteAddress: '127.0.0.1',
    });
    expect(JSON.stringify(site.events) + site.log.join('')).not.toMatch(`${own}|${secret}`);
  });

  test('happens once: of many at the same moment one wins', async () => {
    const { person, page, id } = await arrived();
    const passwords = Array.from({ length: 5 }, (_, n) => `${own} number ${n}`);
    const ends = await Promise.all(
      passwords.map((password) =>
        posted(person, page, { new_password: password, new_password_again: password }),
      ),
    );
    const winners = passwords.filter((_, n) => ends[n]?.[1] === '/');
    expect(winners).toHaveLength(1);
    expect((await new Person(site.issuer, id.slice(6), winners[0] ?? '').home()).html).toContain('Sign out');
  });

  test('cannot be sent a second time, from this browser or another that proved the same secret', async () => {
    const { person, page, name } = await arrived();
    const other = new Person(site.issuer, `${name}@example.com`, secret);
    const otherPage = await shown(other.signIn(await shown(other.open('/sign-in'))));
    await choose(person, page);
    // A second click gets the answer of the first; this comes later.
    expect(await posted(person, page)).toEqual([303, '/']);
    site.clock.offset += 11_000;
    expect(await posted(person, page)).toEqual([303, '/sign-in?again=1']);
    expect(await posted(other, otherPage)).toEqual([303, '/sign-in?again=1']);
    expect(await other.isSignedIn()).toBe(false);
  });

  test.each([
    [
      'ten minutes are over',
      async () => {
        site.clock.offset += 10 * 60_000;
      },
    ],
    [
      'the secret was replaced',
      async (name: string) => void (await withFirstSecret(site, name, 'a new secret of theirs')),
    ],
    [
      'the person was disabled',
      async (name: string) => void (await site.store.people.disable(`local:${name}@example.com`)),
    ],
    [
      'the person was removed',
      async (name: string) => void (await site.store.people.remove(`local:${name}@example.com`)),
    ],
  ])('is refused when %s', async (_, happen) => {
    const { person, page, name, id } = await arrived();
    await happen(name);
    const before = await site.store.people.password(id);
    expect(await posted(person, page)).toEqual([303, '/sign-in?again=1']);
    expect(await site.store.people.password(id)).toEqual(before);
    const asked = await shown(person.open('/sign-in?again=1'));
    expect(asked.html).toContain('Sign in again.');
  });

  test('at one address is not carried to another, nor into another browser', async () => {
    const waiting = await arrived(authorizationRequest(site));
    expect(
      await posted(waiting.person, { ...waiting.page, url: new URL('/sign-in/password', site.issuer) }),
    ).toEqual([303, '/sign-in?again=1']);
    const plain = await arrived();
    const started = await shown(plain.person.open(authorizationRequest(site)));
    const there = await plain.person.fetch(`${started.url.pathname}/password`);
    expect(there.headers.get('location')).toBe(`${started.url.pathname}?again=1`);
    const stranger = new Person(site.issuer, 'viewer@example.com', '');
    expect((await shown(stranger.open(waiting.page.url))).html).toContain('another browser');
  });

  test('needs the form that was shown to this person in this browser', async () => {
    const { person, page } = await arrived();
    const other = await arrived();
    const form = { new_password: own, new_password_again: own };
    const attempts: [Record<string, string>, Record<string, string>][] = [
      [form, {}],
      [{ ...form, form_token: formToken(other.page) }, {}],
      [{ ...form, form_token: formToken(page) }, { origin: 'https://evil.example' }],
      [{ ...form, form_token: formToken(page) }, { 'sec-fetch-site': 'cross-site' }],
    ];
    for (const [fields, headers] of attempts)
      expect(await refusal(await post(person, page.url.pathname, fields, headers))).toEqual([
        403,
        'cross_site',
      ]);
  });

  test.each(['', 'x', 'a.b.c.d.e', 'eyJhbGciOiJub25lIn0.e30.'])(
    'does not take the cookie %j',
    async (value) => {
      const response = await fetch(`${site.issuer}/sign-in/password`, {
        redirect: 'manual',
        headers: { cookie: `gw_first_secret=${value}` },
      });
      expect([response.status, response.headers.get('location')]).toEqual([303, '/sign-in?again=1']);
    },
  );
});

test('what was proven is kept in a cookie that no script, no other site and no other browser can use', async () => {
  const person = await newcomer('cookie');
  const form = await shown(person.open('/sign-in'));
  const response = await post(person, '/sign-in', {
    form_token: formToken(form),
    username: person.username,
    password: secret,
  });
  const [line = '', ...others] = response.headers.getSetCookie();
  expect(others).toEqual([]);
  expect(line).toMatch(/^gw_first_secret=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Strict$/i);

  const elsewhere = await fetch(`${site.issuer}/sign-in`);
  const cookies = [...elsewhere.headers.getSetCookie(), line].map((own) => own.split(';')[0]);
  const planted = await fetch(`${site.issuer}/sign-in/password`, {
    redirect: 'manual',
    headers: { cookie: cookies.join('; ') },
  });
  expect(planted.headers.get('location')).toBe('/sign-in?again=1');
  expect((await person.fetch('/sign-in/password')).status).toBe(200);
});
