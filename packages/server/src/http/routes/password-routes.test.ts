import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Page, Person } from '../../../../../tests/support/person.ts';
import { Secret } from '../../core/index.ts';
import { hashPassword, localMethod } from '../../identity/index.ts';
import { commandLineClient } from '../../oauth/index.ts';
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
import { passwordChangesOf } from './password-changes-of.ts';

let site: Site;
beforeEach(async () => {
  site = await startSite();
});
afterEach(() => site.stop());

const id = 'local:viewer@example.com';
const own = 'plums in the icebox 42';

function browser(password: string = people.viewer): Person {
  return new Person(site.issuer, 'viewer@example.com', password);
}

/** A browser that is signed in, at the page. */
async function atThePage(): Promise<{ readonly person: Person; readonly page: Page }> {
  const person = browser();
  const home = await person.home();
  expect(home.html).toContain('href="/password"');
  return { person, page: await shown(person.open('/password')) };
}

function change(person: Person, page: Page, current: string = people.viewer, wanted = own, again = wanted) {
  return shown(
    person.submit(page, { current_password: current, new_password: wanted, new_password_again: again }),
  );
}

describe('the password page', () => {
  test('changes the password, and from then on only the new one lets in', async () => {
    const { person, page } = await atThePage();
    const home = await change(person, page);
    expect([home.url.pathname, home.html.includes('Your password is changed.')]).toEqual(['/', true]);
    expect((await browser(own).home()).html).toContain('Sign out');
    const old = browser();
    expect((await shown(old.signIn(await shown(old.open('/sign-in'))))).status).toBe(422);
  });

  test('ends the other browser sessions, goes on in a new one, and leaves applications alone', async () => {
    const other = browser();
    await other.authorize(authorizationRequest(site));
    expect(await other.isSignedIn()).toBe(true);
    const { person, page } = await atThePage();
    const response = await post(person, '/password', {
      form_token: formToken(page),
      current_password: people.viewer,
      new_password: own,
      new_password_again: own,
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/?done=password']);
    expect(response.headers.getSetCookie().join('\n')).toMatch(/^grantway_session=/m);
    expect([await person.isSignedIn(), await other.isSignedIn()]).toEqual([true, false]);
    expect((await shown(person.open('/'))).html).toContain('Acme &lt;BI&gt;');
    expect(await site.store.artifacts.list('Session', { accountId: id })).toHaveLength(1);
  });

  test('puts the change on record before it takes effect, and changes nothing when that fails', async () => {
    const { person, page } = await atThePage();
    const before = await site.store.people.password(id);
    site.auditFails = true;
    expect((await change(person, page)).status).toBe(503);
    site.auditFails = false;
    expect(await site.store.people.password(id)).toEqual(before);
    expect(await person.isSignedIn()).toBe(true);
    await change(person, page);
    const types = site.events
      .filter((event) => 'person' in event && event.person === id)
      .map(({ type }) => type);
    expect(types.slice(-2)).toEqual(['password_change', 'revoked']);
    expect(site.events.findLast(({ type }) => type === 'password_change')).toMatchObject({
      method: 'local',
      proof: 'current_password',
      outcome: 'changed',
    });
    expect(JSON.stringify(site.events) + site.log.join('')).not.toMatch(`${own}|${people.viewer}`);
  });

  test('slows guessing of the current password down together with the sign-in page, and records it', async () => {
    const { person, page } = await atThePage();
    const ends = await Promise.all(Array.from({ length: 5 }, () => change(person, page, 'a wrong guess')));
    for (const end of ends) expect([end.status, end.html.includes('not right')]).toEqual([422, true]);
    expect(site.events.findLast(({ type }) => type === 'password_change')).toMatchObject({
      outcome: 'failed',
      reason: 'wrong_password',
    });
    const end = await change(person, page);
    expect([end.status, end.html.includes('Wait 15 minutes')]).toEqual([429, true]);
    expect(Number(end.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(site.events.at(-1)).toMatchObject({ type: 'password_change', outcome: 'throttled' });
    const elsewhere = browser();
    expect((await shown(elsewhere.signIn(await shown(elsewhere.open('/sign-in'))))).status).toBe(429);
    expect(await person.isSignedIn()).toBe(true);
  });

  test.each([
    ['too short', 'eleven char', 'at least 12 characters'],
    ['the user name', 'Viewer@Example.com', 'Your user name'],
    ['a walk over the keyboard', 'qwertyuiop12', 'simple pattern'],
    ['the old one', people.viewer, 'that you have already'],
  ])('refuses a new one that is %s, and keeps the old one', async (_, wanted, sentence) => {
    const { person, page } = await atThePage();
    const before = await site.store.people.password(id);
    const end = await change(person, page, people.viewer, wanted);
    expect([end.status, end.html.includes(sentence)]).toEqual([422, true]);
    expect(await site.store.people.password(id)).toEqual(before);
  });

  test('refuses two new ones that differ', async () => {
    const { person, page } = await atThePage();
    const end = await change(person, page, people.viewer, own, `${own}!`);
    expect([end.status, end.html.includes('not the same')]).toEqual([422, true]);
  });

  test('needs somebody who is signed in, and the form that was shown to them', async () => {
    const stranger = browser();
    expect((await shown(stranger.open('/password'))).url.pathname).toBe('/sign-in');
    const { person, page } = await atThePage();
    const form = { current_password: people.viewer, new_password: own, new_password_again: own };
    const token = formToken(page);
    const attempts: [Person, Record<string, string>, Record<string, string>][] = [
      [stranger, { ...form, form_token: token }, {}],
      [person, form, {}],
      [person, { ...form, form_token: formToken(await shown(person.open('/'))) }, {}],
      [person, { ...form, form_token: token }, { origin: 'https://evil.example' }],
      [person, { ...form, form_token: token }, { 'sec-fetch-site': 'cross-site' }],
    ];
    for (const [who, fields, headers] of attempts)
      expect(await refusal(await post(who, '/password', fields, headers))).toEqual([403, 'cross_site']);
  });

  test('does not undo a reset that happens while the form is open', async () => {
    const { person, page } = await atThePage();
    await site.store.people.setPassword(id, { hash: await hashPassword(new Secret('reset meanwhile')) });
    expect((await change(person, page)).status).toBe(422);
    expect((await browser('reset meanwhile').home()).html).toContain('Sign out');
  });
});

test('there is no password to change for somebody whose password another system keeps', () => {
  const { store } = site;
  const clock = { now: () => 0, monotonic: () => 0 };
  const local = localMethod({ name: 'local', people: store.people, attempts: store.attempts, clock });
  expect(passwordChangesOf([local], 'local:ada')).toBe(local.changes);
  expect(passwordChangesOf([local], 'corp:ada')).toBeUndefined();
  expect(passwordChangesOf([local], `client:${commandLineClient}`)).toBeUndefined();
});
