import { generateSecret, generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Departure, type Page, Person } from '../../../../tests/support/person.ts';
import { Secret } from '../core/index.ts';
import {
  authorizationRequest,
  formToken,
  keptAnswersOf,
  people,
  post,
  type Site,
  shown,
  startSite,
  withFirstSecret,
} from './testing/index.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.stop());

const secret = 'made by an administrator';
const own = 'plums in the icebox 42';
let newcomers = 0;

/** Somebody with a first secret of their own, so that what they hold is theirs alone in this file. */
async function newcomer(): Promise<{ readonly person: Person; readonly id: string }> {
  newcomers += 1;
  const { username } = await withFirstSecret(site, `twice-${newcomers}`, secret);
  return { person: new Person(site.issuer, username, secret), id: `local:${username}` };
}

/** Somebody who chose their password, not signed in. */
async function member() {
  const { person, id } = await newcomer();
  const choice = await shown(person.home().then((page) => ({ ...page, kind: 'page' as const })));
  await person.submit(choice, { new_password: own, new_password_again: own });
  await site.revoker.browserSessions(id, 'a test');
  return { person: new Person(site.issuer, person.username, own), id };
}

/** The same with an app; `code` gives one that was not used before. */
async function memberWithApp() {
  const { person, id } = await member();
  const key = generateSecret();
  const now = Date.now() + site.clock.offset;
  await site.factors.addApp(id, 'App', new Secret(key), Math.floor(now / 30_000) - 2);
  return { person, id, code: () => generateSync({ secret: key, epoch: Math.floor(now / 1000) }) };
}

async function sessionsOf(id: string): Promise<number> {
  return (await site.store.artifacts.list('Session', { accountId: id })).length;
}

/** What a person sees: an address of ours with what stands there, or the application with what it is told. */
function seen(end: Page | Departure): string {
  return end.kind === 'departure' ? end.to.href : `${end.status} ${end.url.pathname}`;
}

/** Sends the same three times before the first answer is there. */
async function thrice(send: () => Promise<Page | Departure>): Promise<readonly string[]> {
  const ends = (await Promise.all([send(), send(), send()])).map(seen);
  expect(new Set(ends).size, ends.join('\n')).toBe(1);
  return ends;
}

describe('a form that is sent three times', () => {
  test('signs in once at the home page, and leads there each time', async () => {
    const { person, id } = await member();
    const page = await shown(person.open('/sign-in'));
    expect((await thrice(() => person.signIn(page)))[0]).toBe('200 /');
    expect(await sessionsOf(id)).toBe(1);
  });

  test('signs in once for an application, and leads to the one page of its consent', async () => {
    const { person, id } = await member();
    const page = await shown(person.open(authorizationRequest(site)));
    expect((await thrice(() => person.signIn(page)))[0]).toMatch(/^200 \/consent\//);
    expect(await sessionsOf(id)).toBe(1);
  });

  test('lets an application in once, with one code', async () => {
    const { person, id } = await member();
    const page = await shown(person.signIn(await shown(person.open(authorizationRequest(site)))));
    expect((await thrice(() => person.submit(page, { decision: 'allow' })))[0]).toContain('code=');
    expect(await site.store.artifacts.list('Grant', { accountId: id })).toHaveLength(1);
    expect(await site.store.artifacts.list('AuthorizationCode', { accountId: id })).toHaveLength(1);
  });

  test.each<[place: string, start: () => string | URL, end: RegExp]>([
    ['at the home page', () => '/sign-in', /^200 \/$/],
    ['for an application', () => authorizationRequest(site), /^200 \/consent\//],
  ])('proves a second factor once %s, and the used code is not held against it', async (_, start, end) => {
    const { person, id, code } = await memberWithApp();
    const page = await shown(person.signIn(await shown(person.open(start()))));
    const typed = code();
    expect((await thrice(() => person.submit(page, { code: typed })))[0]).toMatch(end);
    expect(await sessionsOf(id)).toBe(1);
    const proven = site.events.filter((event) => event.type === 'second_factor' && event.person === id);
    expect(proven).toMatchObject([{ action: 'proven' }]);
  });

  test.each<[place: string, start: () => string | URL, end: RegExp]>([
    ['at the home page', () => '/sign-in', /^200 \/$/],
    ['for an application', () => authorizationRequest(site), /^200 \/consent\//],
  ])('takes a first password once %s', async (_, start, end) => {
    const { person, id } = await newcomer();
    const page = await shown(person.signIn(await shown(person.open(start()))));
    const choice = { new_password: own, new_password_again: own };
    expect((await thrice(() => person.submit(page, choice)))[0]).toMatch(end);
    expect(await sessionsOf(id)).toBe(1);
    const changed = site.events.filter((event) => event.type === 'password_change' && event.person === id);
    expect(changed).toMatchObject([{ outcome: 'changed' }]);
  });

  test('makes recovery codes once, and shows those that count each time', async () => {
    const { person, id, code } = await memberWithApp();
    const page = await shown(person.signIn(await shown(person.open('/sign-in'))));
    await person.submit(page, { code: code() });
    const factors = await shown(person.open('/factors'));
    const press = async () => (await shown(person.press(factors, /recovery-codes$/))).html;
    const answers = await Promise.all([press(), press(), press()]);
    expect(answers[0]).toMatch(/<li><code>[a-z2-7-]{19}</);
    expect(new Set(answers).size).toBe(1);
    const made = site.events.filter((event) => event.type === 'second_factor' && event.person === id);
    expect(made.filter((event) => 'action' in event && event.action === 'recovery_codes_made')).toHaveLength(
      1,
    );
  });

  test('signs out once for an application, and says so each time', async () => {
    const { person, id } = await member();
    await person.home();
    const question = await shown(person.open('/oauth/end-session'));
    expect((await thrice(() => person.submit(question, { logout: 'yes' })))[0]).toMatch(/^200 /);
    expect(await sessionsOf(id)).toBe(0);
  });
});

describe('the answer to a form', () => {
  /** The form of the sign-in page as a browser posts it, and the answer that signs in. */
  async function signedIn() {
    const { person, id } = await member();
    const page = await shown(person.open('/sign-in'));
    const form = { form_token: formToken(page), username: person.username, password: own };
    const first = await post(person, '/sign-in', form);
    expect(first.headers.get('location')).toBe('/');
    // It is kept once it has been sent: whoever got it again knows that it is.
    expect((await post(person, '/sign-in', form)).headers.get('location')).toBe('/');
    return { person, id, form };
  }

  test('comes again with its cookies, for a browser that lost it', async () => {
    const { person, id } = await member();
    const page = await shown(person.open('/sign-in'));
    const cookie = person.allCookies;
    const body = new URLSearchParams({
      form_token: formToken(page),
      username: person.username,
      password: own,
    });
    const send = () =>
      fetch(`${site.issuer}/sign-in`, { method: 'POST', body, headers: { cookie }, redirect: 'manual' });
    const [first, again] = [await send(), await send()];
    expect(first.headers.getSetCookie().join()).toContain('grantway_session=');
    expect(again.headers.getSetCookie()).toEqual(first.headers.getSetCookie());
    expect(await sessionsOf(id)).toBe(1);
  });

  test('is for the browser that sent it: whoever copied the form has to prove it anew', async () => {
    const { form } = await signedIn();
    const elsewhere = new Person(site.issuer, 'somebody', 'else');
    await elsewhere.open('/sign-in');
    const answer = await post(elsewhere, '/sign-in', form);
    expect([answer.status, answer.headers.getSetCookie().join()]).toEqual([403, '']);
  });

  test.each<[what: string, change: Readonly<Record<string, string>>, status: number]>([
    ['another password', { password: 'a wrong one' }, 422],
    ['another name', { username: 'viewer@example.com' }, 422],
    ['another token', { form_token: 'forged' }, 403],
  ])('is not given for %s', async (_, change, status) => {
    const { person, form } = await signedIn();
    expect((await post(person, '/sign-in', { ...form, ...change })).status).toBe(status);
  });

  test('is no answer any more when its time is over: the form counts anew', async () => {
    const { person, id, form } = await signedIn();
    const before = site.events.filter((event) => event.type === 'sign_in' && event.person === id).length;
    site.clock.offset += 11_000;
    expect((await post(person, '/sign-in', form)).status).toBe(303);
    const after = site.events.filter((event) => event.type === 'sign_in' && event.person === id).length;
    expect(after).toBe(before + 1);
  });

  test('is not kept of a wrong password: each sending counts', async () => {
    const person = new Person(site.issuer, 'viewer@example.com', people.viewer);
    const page = await shown(person.open('/sign-in'));
    const wrong = { form_token: formToken(page), username: 'viewer@example.com', password: 'wrong' };
    const before = site.events.filter((event) => event.type === 'sign_in').length;
    for (let sending = 0; sending < 3; sending++)
      expect((await post(person, '/sign-in', wrong)).status).toBe(422);
    expect(site.events.filter((event) => event.type === 'sign_in').slice(before)).toHaveLength(3);
  });

  test('opens nothing when the session that it began was ended since', async () => {
    const { person, id, form } = await signedIn();
    await site.revoker.browserSessions(id, 'a test');
    expect((await post(person, '/sign-in', form)).status).toBe(303);
    expect((await shown(person.open('/'))).html).not.toContain('Sign out');
  });

  test('lies in the store so that the store alone cannot open it', async () => {
    const { result, kept } = await keptAnswersOf(site.store, signedIn);
    const { person, form } = result;
    const cookies = person.allCookies.split('; ').map((pair) => pair.slice(pair.indexOf('=') + 1));
    expect(kept.length).toBeGreaterThan(0);
    for (const value of [...cookies, ...Object.values(form), 'location'])
      expect(kept.join('\n')).not.toContain(value);
  });
});
