import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Page, Person } from '../../../../../tests/support/person.ts';
import { Secret } from '../../core/index.ts';
import { invitationLink, throttleLimits } from '../../identity/index.ts';
import {
  formToken,
  people,
  post,
  refusal,
  type Site,
  shown,
  startSite,
  withFirstSecret,
} from '../testing/index.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite({ demand: { factor: true } });
});
afterAll(() => site.stop());

const own = 'plums in the icebox 42';
const choice = { new_password: own, new_password_again: own };

const secret = 'not to be guessed 1';

let count = 0;
/** Somebody new with an invitation, in a browser that has opened the link. */
async function invited(): Promise<{ person: Person; page: Page; name: string; id: string; link: string }> {
  count += 1;
  const name = `ada-${count}`;
  const { username } = await withFirstSecret(site, name, secret);
  const link = invitationLink(site.issuer, username, new Secret(secret)).reveal();
  const person = new Person(site.issuer, username, own);
  return { person, page: await shown(person.open(link)), name, id: `local:${username}`, link };
}

const accept = (person: Person, page: Page) => shown(person.press(page, /^\/invitation$/));

describe('an invitation', () => {
  test('leads to the choice of a password, and with it in; the link opens nothing afterwards', async () => {
    const { person, page, id, link } = await invited();
    expect(page.html).toContain('You are invited');
    const chosen = await accept(person, page);
    expect([chosen.url.pathname, chosen.url.search, await person.isSignedIn()]).toEqual([
      '/sign-in/password',
      '',
      false,
    ]);
    const common = { new_password: 'Password12345!', new_password_again: 'Password12345!' };
    expect((await shown(person.submit(chosen, common))).status).toBe(422);
    const home = await shown(person.submit(chosen, choice));
    expect([home.url.pathname, home.html.includes('Sign out')]).toEqual(['/', true]);
    const records = site.events.filter((event) => 'person' in event && event.person === id);
    expect(records.slice(0, 2)).toMatchObject([
      { type: 'sign_in', outcome: 'succeeded', reason: 'first_secret' },
      { type: 'password_change', outcome: 'changed', proof: 'first_secret' },
    ]);

    const late = new Person(site.issuer, '', '');
    const ended = await accept(late, await shown(late.open(link)));
    expect([ended.status, ended.html.includes('This link opens nothing')]).toEqual([422, true]);
  });

  test('is used up by its button and by nothing that looks at the link before', async () => {
    const { person, page, link } = await invited();
    const recorded = site.events.length;
    for (const method of ['GET', 'HEAD', 'GET']) await fetch(link, { method });
    expect(site.events).toHaveLength(recorded);
    expect((await accept(person, page)).url.pathname).toBe('/sign-in/password');
  });

  test('is in no log, and the page that it opens goes to no other site', async () => {
    const { person, page } = await invited();
    await accept(person, page);
    expect(site.log.join('') + JSON.stringify(site.events)).not.toContain('not to be guessed');
    expect(page.headers.get('referrer-policy')).toBe('same-origin');
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    ['replaced', (name: string) => withFirstSecret(site, name, 'a newer link')],
    ['of somebody disabled', (name: string) => site.store.people.disable(`local:${name}@example.com`)],
    ['of somebody removed', (name: string) => site.store.people.remove(`local:${name}@example.com`)],
    [
      'older than it may be',
      async () => {
        site.clock.offset += 86_400_000;
      },
    ],
  ])('G17 that is %s opens nothing, and says no more than of somebody who never was', async (_, happen) => {
    const { person, name, link } = await invited();
    await happen(name);
    const ended = await accept(person, await shown(person.open(link)));
    const nobody = new Person(site.issuer, '', '');
    const invented = invitationLink(site.issuer, `nobody-${name}`, new Secret(secret)).reveal();
    const stranger = await accept(nobody, await shown(nobody.open(invented)));
    expect([ended.status, ended.html]).toEqual([stranger.status, stranger.html]);
    expect(ended.html).toContain('This link opens nothing');
  });

  test('with a password in place of a secret signs nobody in', async () => {
    const link = invitationLink(site.issuer, 'viewer@example.com', new Secret(people.viewer)).reveal();
    const person = new Person(site.issuer, '', '');
    expect((await accept(person, await shown(person.open(link)))).status).toBe(422);
    expect(await person.isSignedIn()).toBe(false);
  });

  test('G15 is guessed no more often than a password, together with those at the sign-in page', async () => {
    const { person, page, id } = await invited();
    const wrong = invitationLink(site.issuer, id.slice('local:'.length).toUpperCase(), new Secret('wrong'));
    const guesser = new Person(site.issuer, '', '');
    const statuses: number[] = [];
    for (let guess = 0; guess <= throttleLimits.perPerson; guess += 1)
      statuses.push((await accept(guesser, await shown(guesser.open(wrong.reveal())))).status);
    expect(statuses).toEqual([...Array(throttleLimits.perPerson).fill(422), 429]);
    expect((await accept(person, page)).status).toBe(429);
    const typed = await shown(person.signIn(await shown(person.open('/sign-in')), secret));
    expect(typed.status).toBe(429);
  });

  test('needs the page that showed it, in the same browser', async () => {
    const { person, page, id } = await invited();
    const fields = { user: id.slice('local:'.length), secret };
    expect(await refusal(await post(person, '/invitation', fields))).toEqual([403, 'cross_site']);
    const other = await invited();
    const stolen = { ...fields, form_token: formToken(other.page) };
    expect(await refusal(await post(person, '/invitation', stolen))).toEqual([403, 'cross_site']);
    const genuine = { ...fields, form_token: formToken(page) };
    const elsewhere = { origin: 'https://evil.example' };
    expect(await refusal(await post(person, '/invitation', genuine, elsewhere))).toEqual([403, 'cross_site']);
  });

  test.each(['', '?user=ada', '?secret=x', `?user=${'a'.repeat(300)}&secret=x`, '?user=a&user=b&secret=x'])(
    'does not come of the address /invitation%s',
    async (query) => {
      expect((await fetch(`${site.issuer}/invitation${query}`)).status).toBe(422);
    },
  );

  test('goes on to a second factor for whom one of their roles demands it, and lets them put it off', async () => {
    const { person, page, id } = await invited();
    const known = await site.store.people.get(id);
    await site.store.people.put(
      { id, displayName: known?.displayName ?? '', groups: ['admin'], claims: {} },
      1,
    );
    const setUp = await shown(person.submit(await accept(person, page), choice));
    expect(setUp.url.pathname).toBe('/factors/app');
    expect(setUp.html).toContain('The role auditor of payroll asks for a second factor.');
    expect(setUp.html).toContain('Not now');
    expect(await person.isSignedIn()).toBe(true);
  });
});
