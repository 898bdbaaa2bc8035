import { generateSecret, generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Page, Person } from '../../../../../tests/support/person.ts';
import { Secret } from '../../core/index.ts';
import {
  authorizationRequest,
  formToken,
  people,
  post,
  type Site,
  shown,
  startSite,
} from '../testing/index.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite({ demand: { factor: true, signInWithinMs: 15 * 60_000 } });
});
afterAll(() => site.stop());

const viewerId = 'local:viewer@example.com';
const viewer = () => new Person(site.issuer, 'viewer@example.com', people.viewer);
const admin = () => new Person(site.issuer, 'admin@example.com', people.admin);

/** The code of an app at the time of the site; each step after the last one that a test used. */
function codeOf(key: string): string {
  return generateSync({ secret: key, epoch: Math.floor((Date.now() + site.clock.offset) / 1000) });
}

function nextStep(): void {
  site.clock.offset += 31_000;
}

/** Gives somebody an app, and its key. */
async function withApp(person: string): Promise<string> {
  const key = generateSecret();
  const step = Math.floor((Date.now() + site.clock.offset) / 30_000) - 2;
  await site.factors.addApp(person, 'App', new Secret(key), step);
  return key;
}

async function passwordGiven(person: Person, start: string | URL = '/sign-in'): Promise<Page> {
  return shown(person.signIn(await shown(person.open(start))));
}

describe('a second factor', () => {
  let key: string;
  beforeAll(async () => {
    key = await withApp(viewerId);
  });

  test('is asked for between the password and the session, and lets in with the code', async () => {
    const person = viewer();
    const page = await passwordGiven(person);
    expect([page.url.pathname, page.status]).toEqual(['/sign-in/factor', 200]);
    expect(await person.isSignedIn()).toBe(false);
    const code = codeOf(key);
    const home = await shown(person.submit(page, { code: ` ${code.slice(0, 3)} ${code.slice(3)} ` }));
    expect([home.url.pathname, home.html.includes('Sign out')]).toEqual(['/', true]);
    expect(site.events.findLast(({ type }) => type === 'second_factor')).toMatchObject({
      action: 'proven',
      factor: 'totp',
      person: viewerId,
    });
  });

  test.each(['', '12345', '1234567', 'abcdef', '１２３４５６', "' or 1=1 --", 'x'.repeat(100)])(
    'refuses %j and says so',
    async (code) => {
      const person = admin();
      const adminKey = await withApp('local:admin@example.com');
      const page = await passwordGiven(person);
      const again = await shown(person.submit(page, { code }));
      expect([again.status, await person.isSignedIn()]).toEqual([422, false]);
      expect(again.html).not.toContain(adminKey);
      for (const { id } of await site.factors.list('local:admin@example.com'))
        await site.factors.remove('local:admin@example.com', id);
      await site.store.attempts.clear(
        JSON.stringify(['sign-in', 'person', 'second factor', 'local:admin@example.com']),
      );
    },
  );

  test('takes each code once, however it is spelled and however many post it at once', async () => {
    nextStep();
    const code = codeOf(key);
    const browsers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const person = viewer();
        return { person, page: await passwordGiven(person) };
      }),
    );
    const answers = await Promise.all(
      browsers.map(({ person, page }, index) =>
        post(person, page.url.pathname, {
          form_token: formToken(page),
          code: index % 2 === 0 ? code : `${code.slice(0, 3)} ${code.slice(3)}`,
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 422, 422, 422]);
  });

  test('is asked for at the request of an application as well, and its cookie is no use elsewhere', async () => {
    nextStep();
    const person = viewer();
    const page = await passwordGiven(person, authorizationRequest(site));
    expect(page.url.pathname).toMatch(/^\/sign-in\/[^/]+\/factor$/);
    const elsewhere = await person.fetch('/sign-in/factor');
    expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([303, '/sign-in?again=1']);
    const consent = await shown(person.submit(page, { code: codeOf(key) }));
    expect(consent.url.pathname).toMatch(/^\/consent\//);
  });

  test.each<[what: string, meanwhile: () => Promise<unknown>]>([
    ['the person was signed out everywhere', () => site.store.people.endSignIns(viewerId)],
    [
      'the person was switched off and on again',
      async () => {
        await site.revoker.person(viewerId, 'your account was disabled', 'operator');
        await site.store.people.enable(viewerId);
      },
    ],
    ['the browser sessions of the person were ended', () => site.revoker.browserSessions(viewerId, 'x')],
  ])('is not taken when %s after the password was given', async (_, meanwhile) => {
    nextStep();
    const person = viewer();
    const page = await passwordGiven(person);
    await meanwhile();
    const answer = await post(person, page.url.pathname, { form_token: formToken(page), code: codeOf(key) });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?again=1']);
    expect(await person.isSignedIn()).toBe(false);
    // The code was not used up, and a whole sign-in is one.
    const again = await passwordGiven(person);
    expect((await shown(person.submit(again, { code: codeOf(key) }))).url.pathname).toBe('/');
  });

  test('is throttled as passwords are, by a counter that is in the store', async () => {
    const other = await withApp('local:admin@example.com');
    const person = admin();
    const page = await passwordGiven(person);
    const statuses: number[] = [];
    for (let tries = 0; tries < 7; tries++)
      statuses.push(
        (await post(person, page.url.pathname, { form_token: formToken(page), code: '000000' })).status,
      );
    expect(statuses.at(-1)).toBe(429);
    const right = await post(person, page.url.pathname, { form_token: formToken(page), code: codeOf(other) });
    expect(right.status).toBe(429);
    site.clock.offset += 16 * 60_000;
    for (const { id } of await site.factors.list('local:admin@example.com'))
      await site.factors.remove('local:admin@example.com', id);
  });

  test('opens nothing with a first step that is too old', async () => {
    const person = viewer();
    const page = await passwordGiven(person);
    site.clock.offset += 11 * 60_000;
    const answer = await post(person, page.url.pathname, { form_token: formToken(page), code: codeOf(key) });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?again=1']);
  });
});

describe('a role that demands a second factor', () => {
  test('sends somebody who is signed in to set one up, and only then on to the consent', async () => {
    const person = admin();
    await passwordGiven(person);
    expect(await person.isSignedIn()).toBe(true);
    const page = await shown(person.open(authorizationRequest(site, { scope: 'db:payroll' })));
    expect(page.url.pathname).toMatch(/^\/sign-in\/[^/]+\/factor$/);
    expect(page.html).toContain('The role auditor of payroll asks for a second factor');
    const key = /<code class="key">([^<]*)</.exec(page.html)?.[1]?.replaceAll(' ', '') ?? '';
    const wrong = await shown(person.submit(page, { code: '000000' }));
    expect([wrong.status, wrong.html.includes(key.slice(0, 4))]).toEqual([422, true]);
    const consent = await shown(person.submit(wrong, { code: codeOf(key) }));
    expect(consent.url.pathname).toMatch(/^\/consent\//);
  });

  test('asks somebody again whose sign-in is too old', async () => {
    const person = admin();
    const key = generateSecret();
    const id = 'local:admin@example.com';
    for (const factor of await site.factors.list(id)) await site.factors.remove(id, factor.id);
    await site.factors.addApp(id, 'App', new Secret(key), 1);
    await shown(person.submit(await passwordGiven(person), { code: codeOf(key) }));
    site.clock.offset += 16 * 60_000;
    const page = await shown(person.open(authorizationRequest(site, { scope: 'db:payroll' })));
    expect(page.html).toContain('a sign-in not older than 15 minutes');
    const second = await shown(person.signIn(page));
    expect(second.url.pathname).toMatch(/\/factor$/);
    const consent = await shown(person.submit(second, { code: codeOf(key) }));
    expect(consent.url.pathname).toMatch(/^\/consent\//);
  });
});
