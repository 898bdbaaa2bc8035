import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import type { Departure, Page, Person } from '../../support/person.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

type End = Page | Departure;

/** What an impatient hand does: the same form three times, before the first answer is there. */
async function thrice(press: () => Promise<End>): Promise<readonly End[]> {
  return await Promise.all([press(), press(), press()]);
}

function pageOf(at: End): Page {
  if (at.kind !== 'page') throw new Error(`led away to ${at.to}`);
  return at;
}

/** The consent page of an authorization request, its person signed in. */
async function consentPage(person: Person, request: URL): Promise<Page> {
  const at = pageOf(await person.open(request));
  return at.html.includes('name="password"') ? pageOf(await person.signIn(at)) : at;
}

const isAnswer = (end: End) => end.kind === 'departure';
/** A page or a refusal in words: nothing that the gateway did not expect. */
const isExplained = (end: End) => end.kind === 'page' && end.status < 500 && end.html.length > 0;

/** Where it led, which is one place: whoever waits for a later answer than the first sees what the first one showed. */
function placeOf(ends: readonly End[]): string {
  const places = new Set(
    ends.map((end) => (end.kind === 'departure' ? end.to.href : `${end.status} ${end.url.pathname}`)),
  );
  expect([...places]).toHaveLength(1);
  return [...places].join();
}

describe('a form that is sent three times at once', () => {
  test('signs somebody in at the home page', async () => {
    const person = gateway.person('viewer');
    const page = pageOf(await person.open('/sign-in'));
    expect(placeOf(await thrice(() => person.signIn(page)))).toBe('200 /');
    expect((await person.home()).html).toContain('Sign out everywhere');
  });

  test('signs somebody in for an application', async () => {
    const person = gateway.person('viewer');
    const { url } = gateway.request();
    const page = pageOf(await person.open(url));
    expect(placeOf(await thrice(() => person.signIn(page)))).toMatch(/^200 \/consent\//);
    expect(await person.authorize(url)).toSatisfy(isAnswer);
  });

  test('lets an application in once', async () => {
    const person = gateway.person('viewer');
    const page = await consentPage(person, gateway.request({ prompt: 'consent' }).url);
    expect(placeOf(await thrice(() => person.submit(page, { decision: 'allow' })))).toContain('code=');
    const home = await person.home();
    expect([...home.html.matchAll(/action="\/applications\/[^"]+\/end"/g)]).toHaveLength(1);
  });

  test('is answered with one of a yes and a no that come together', async () => {
    const person = gateway.person('editor');
    const page = await consentPage(person, gateway.request({ prompt: 'consent' }).url);
    const ends = await Promise.all([
      person.submit(page, { decision: 'allow' }),
      person.submit(page, { decision: 'deny' }),
    ]);
    const answers = ends.filter((end) => end.kind === 'departure').map((end) => end.to.search);
    expect(new Set(answers).size).toBe(1);
    for (const end of ends) expect(end).toSatisfy((one: End) => isExplained(one) || isAnswer(one));
  });

  test('ends an application’s access', async () => {
    const person = gateway.person('editor');
    await person.authorize(gateway.request().url);
    const home = await person.home();
    const ends = await thrice(() => person.press(home, /\/applications\/.*\/end$/));
    expect(placeOf(ends)).toBe('200 /');
    expect((await person.home()).html).not.toMatch(/action="\/applications\//);
  });

  test('signs somebody out everywhere', async () => {
    const person = gateway.person('admin');
    const home = await person.home();
    expect(placeOf(await thrice(() => person.press(home, /\/sign-out\/everywhere$/)))).toMatch(/^200 /);
    expect(pageOf(await person.open('/sign-in')).html).toContain('name="password"');
  });

  test('connects a device once, at each of its steps', async () => {
    const person = gateway.person('viewer');
    await person.home();
    const begun = await gateway.post('device', { client_id: 'psql', scope: 'db:authdb:readonly' });
    let at: End = await person.open(String(begun.body.verification_uri));
    const said = { user_code: String(begun.body.user_code), confirm: 'yes', decision: 'allow' };
    for (let step = 0; step < 6 && at.kind === 'page'; step++) {
      const page: Page = at;
      const field = (['confirm', 'decision', 'user_code'] as const).find((name) =>
        new RegExp(`<(?:input|button)[^>]*name="${name}"`).test(page.html),
      );
      if (field === undefined) break;
      const ends = await thrice(() => person.submit(page, { [field]: said[field] }));
      expect(placeOf(ends)).toMatch(/^200 /);
      at = ends[0] ?? at;
    }
    expect(pageOf(at).html).toContain('You are connected');
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const poll = { grant_type, client_id: 'psql', device_code: String(begun.body.device_code) };
    expect((await gateway.post('token', poll)).status).toBe(200);
    expect((await gateway.post('token', poll)).body.error).toBe('invalid_grant');
  });
});

describe('two tabs of one browser', () => {
  test('each end with an answer to their own request, in whatever order', async () => {
    const person = gateway.person('viewer');
    const [one, two] = [gateway.request({ state: 'one' }), gateway.request({ state: 'two' })];
    const first = pageOf(await person.open(one.url));
    const second = pageOf(await person.open(two.url));
    let later: End = await person.signIn(second);
    let sooner: End = await person.signIn(first);
    if (later.kind === 'page') later = await person.submit(later, { decision: 'allow' });
    if (sooner.kind === 'page') sooner = await person.submit(sooner, { decision: 'allow' });
    const states = [sooner, later].map((end) =>
      end.kind === 'departure' ? end.to.searchParams.get('state') : end.html,
    );
    expect(states).toEqual(['one', 'two']);
  });

  test('where another person signed in meanwhile, the first one’s yes is not taken for theirs', async () => {
    const person = gateway.person('admin');
    const page = await consentPage(person, gateway.request({ prompt: 'consent' }).url);
    const home = await person.home();
    await person.press(home, /\/sign-out$/);
    const signIn = pageOf(await person.open('/sign-in'));
    await person.submit(signIn, { username: 'viewer@example.com', password: gateway.passwordOf('viewer') });
    const end = await person.submit(page, { decision: 'allow' });
    expect(end).toSatisfy((one: End) => !isAnswer(one) && isExplained(one));
  });
});
