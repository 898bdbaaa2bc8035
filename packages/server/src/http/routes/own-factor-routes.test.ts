import { generateSecret, generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Person } from '../../../../../tests/support/person.ts';
import { Secret } from '../../core/index.ts';
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

const id = 'local:viewer@example.com';

function codeOf(key: string): string {
  return generateSync({ secret: key, epoch: Math.floor((Date.now() + site.clock.offset) / 1000) });
}

/** Somebody who gave the password, and where they are then. */
async function passwordGiven() {
  const person = new Person(site.issuer, 'viewer@example.com', people.viewer);
  return { person, page: await shown(person.signIn(await shown(person.open('/sign-in')))) };
}

describe('your sign-in', () => {
  test('sets up an app, gives codes for its loss, and each of them lets in once', async () => {
    const { person } = await passwordGiven();
    const before = await shown(person.open('/factors'));
    expect(before.html).toContain('You sign in without one.');
    const page = await shown(person.open('/factors/app'));
    const key = /<code class="key">([^<]*)</.exec(page.html)?.[1]?.replaceAll(' ', '') ?? '';
    const again = await shown(person.submit(page, { code: '12' }));
    expect([again.status, again.html.includes(key.slice(0, 4))]).toEqual([422, true]);
    // Two clicks make one app of it: with two of one key, a code would count twice.
    const code = codeOf(key);
    const clicks = [person.submit(again, { code }), person.submit(again, { code })];
    const [done] = await Promise.all(clicks.map((click) => shown(click)));
    expect([done?.url.pathname, done?.html.includes('Authenticator app')]).toEqual(['/factors', true]);
    expect(await site.factors.list(id)).toHaveLength(1);

    const shownCodes = await shown(person.press(await shown(person.open('/factors')), /recovery-codes$/));
    const codes = [...shownCodes.html.matchAll(/<li><code>([a-z2-7-]{19})<\/code>/g)].map(([, code]) => code);
    expect(new Set(codes).size).toBe(10);
    const kept = await site.store.factors.recoveryCodesLeft(id);
    expect(kept).toBe(10);

    const [recovery = ''] = codes;
    const answers = await Promise.all(
      Array.from({ length: 3 }, async (_, index) => {
        const next = await passwordGiven();
        return post(next.person, next.page.url.pathname, {
          form_token: formToken(next.page),
          code: index === 0 ? recovery.toUpperCase() : recovery.replaceAll('-', ' '),
        });
      }),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 422, 422]);
    expect(await site.store.factors.recoveryCodesLeft(id)).toBe(9);
  });

  test('changes nothing in a session that is old, or that proved no factor of somebody who has one', async () => {
    for (const factor of await site.factors.list(id)) await site.factors.remove(id, factor.id);
    expect(await site.store.factors.recoveryCodesLeft(id)).toBe(0);
    const { person } = await passwordGiven();
    const page = await shown(person.open('/factors'));
    const key = generateSecret();
    await site.factors.addApp(id, 'Set up elsewhere', new Secret(key), 1);
    const [factor] = await site.factors.list(id);
    const token = { form_token: formToken(page) };
    const remove = `/factors/${factor?.id}/remove`;
    expect(await refusal(await post(person, remove, token))).toEqual([403, 'forbidden']);
    expect(await refusal(await person.fetch('/factors/app'))).toEqual([403, 'forbidden']);

    const next = await passwordGiven();
    const home = await shown(next.person.submit(next.page, { code: codeOf(key) }));
    expect(home.url.pathname).toBe('/');
    const own = await shown(next.person.open('/factors'));
    site.clock.offset += 16 * 60_000;
    expect(await refusal(await post(next.person, remove, { form_token: formToken(own) }))).toEqual([
      403,
      'forbidden',
    ]);
    expect((await shown(next.person.open('/factors'))).html).toContain('sign in again');
    expect(await site.factors.list(id)).toHaveLength(1);
  });

  test('H04 touches nobody else’s factor', async () => {
    const [factor] = await site.factors.list(id);
    const person = new Person(site.issuer, 'admin@example.com', people.admin);
    await shown(person.signIn(await shown(person.open('/sign-in'))));
    const page = await shown(person.open('/factors/app'));
    const answer = await post(person, `/factors/${factor?.id}/remove`, { form_token: formToken(page) });
    expect(await refusal(answer)).toEqual([404, 'not_found']);
    expect(await site.factors.list(id)).toHaveLength(1);
    // What did not happen is not on record.
    expect(site.events).not.toContainEqual(expect.objectContaining({ action: 'removed' }));
  });

  test('has twenty factors at most', async () => {
    for (const factor of await site.factors.list(id)) await site.factors.remove(id, factor.id);
    const key = generateSecret();
    await site.factors.addApp(id, 'App', new Secret(key), 1);
    const { person, page } = await passwordGiven();
    await shown(person.submit(page, { code: codeOf(key) }));
    const form = await shown(person.open('/factors/app'));
    expect(form.status).toBe(200);
    for (let more = 1; more < 20; more += 1)
      await site.factors.addApp(id, 'App', new Secret(generateSecret()), 1);

    const asked = await person.fetch('/factors/app');
    expect(await refusal(asked)).toEqual([400, 'request_invalid']);
    const newKey = /<code class="key">([^<]*)</.exec(form.html)?.[1]?.replaceAll(' ', '') ?? '';
    const added = await post(person, '/factors/app', {
      form_token: formToken(form),
      code: codeOf(newKey),
    });
    expect(await refusal(added)).toEqual([400, 'request_invalid']);
    expect(await site.factors.list(id)).toHaveLength(20);
  });
});

describe('an application that asks for a role with a second factor', () => {
  let strict: Site;
  beforeAll(async () => {
    strict = await startSite({ demand: { factor: true } });
  });
  afterAll(() => strict.stop());

  test('lets nobody set one up in a session that is old: they sign in again first', async () => {
    const person = new Person(strict.issuer, 'admin@example.com', people.admin);
    await shown(person.signIn(await shown(person.open('/sign-in'))));
    strict.clock.offset += 16 * 60_000;
    const request = authorizationRequest(strict, { scope: 'db:payroll' });
    const page = await shown(person.open(request));
    expect(page.html).not.toContain('class="key"');
    expect([page.url.pathname.endsWith('/factor'), page.html.includes('name="password"')]).toEqual([
      false,
      true,
    ]);
    const direct = await person.fetch(`${page.url.pathname}/factor`);
    expect([direct.status, direct.headers.get('location')]).toEqual([303, `${page.url.pathname}?again=1`]);

    const fresh = await shown(person.signIn(page));
    expect([fresh.url.pathname.endsWith('/factor'), fresh.html.includes('class="key"')]).toEqual([
      true,
      true,
    ]);
    strict.clock.offset += 16 * 60_000;
    const late = await post(person, fresh.url.pathname, { form_token: formToken(fresh), code: '000000' });
    expect([late.status, late.headers.get('location')]).toEqual([
      303,
      `${fresh.url.pathname.replace(/\/factor$/, '')}?again=1`,
    ]);
    expect(await strict.factors.list('local:admin@example.com')).toEqual([]);
  });
});
