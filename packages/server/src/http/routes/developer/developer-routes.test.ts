import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Person } from '../../../../../../tests/support/person.ts';
import { hashSecret } from '../../../core/index.ts';
import {
  authorizationRequest,
  formToken,
  keptAnswersOf,
  people,
  post,
  refusal,
  type Site,
  shown,
  startSite,
} from '../../testing/index.ts';

const callback = 'https://notes.example/callback';
const local = 'http://127.0.0.1:4999/callback';
/** The one that belongs to the challenge of {@link authorizationRequest} (RFC 7636, appendix B). */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

let site: Site;
let developer: Person;
let administrator: Person;
beforeAll(async () => {
  site = await startSite({
    registration: {
      enabled: false,
      people: { kind: 'groups', anyOf: ['viewer'] },
      approvedBy: { kind: 'groups', anyOf: ['admin'] },
    },
  });
  developer = new Person(site.issuer, 'viewer@example.com', people.viewer);
  administrator = new Person(site.issuer, 'admin@example.com', people.admin);
  await Promise.all([developer.home(), administrator.home()]);
});
afterAll(() => site.stop());

interface Made {
  readonly status: number;
  readonly html: string;
  readonly id: string;
  readonly secret: string;
}

async function register(fields: Readonly<Record<string, string | Blob>> = {}, by = developer): Promise<Made> {
  const page = await shown(by.open('/developer/new'));
  return await sendNew({ form_token: formToken(page), ...fields }, by);
}

/** Sends the form of a new application; `fields` has at least its token. */
async function sendNew(fields: Readonly<Record<string, string | Blob>>, by = developer): Promise<Made> {
  const form = new FormData();
  const all = {
    name: 'Notes',
    redirect_uris: `${callback}\n${local.replace(':4999', '')}`,
    scope: 'db:authdb',
    other_scopes: '',
    kind: 'server',
    ...fields,
  };
  for (const [name, value] of Object.entries(all)) form.append(name, value);
  const response = await by.fetch('/developer/new', { method: 'POST', body: form });
  const html = await response.text();
  const [id = '', secret = ''] = [...html.matchAll(/<code>([0-9a-f-]{36}|gws_[\w-]+)<\/code>/g)].map(
    ([, text]) => text ?? '',
  );
  return { status: response.status, html, id, secret };
}

const page = async (by: Person, id: string) => shown(by.open(`/developer/applications/${id}`));
const ask = (id: string, redirect: string) =>
  authorizationRequest(site, { client_id: id, redirect_uri: redirect });

async function act(by: Person, id: string, action: string, fields = {}): Promise<Response> {
  const token = formToken(await page(by, id));
  return post(by, `/developer/applications/${id}/${action}`, { form_token: token, ...fields });
}

async function token(made: Made, by: Person, redirect: string): Promise<Response> {
  const end = await by.authorize(ask(made.id, redirect));
  if (end.kind === 'page') throw new Error(`it did not come back: ${end.html}`);
  return fetch(`${site.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${made.id}:${made.secret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: end.to.searchParams.get('code') ?? '',
      redirect_uri: redirect,
      code_verifier: verifier,
    }),
  });
}

describe('an application that a developer registers', () => {
  test('I11 gets an id and a secret that is shown once and kept as a hash', async () => {
    const made = await register({ logo: new Blob([png], { type: 'text/html' }) });
    expect(made.status).toBe(201);
    expect(await site.store.clients.secrets(made.id, Date.now())).toEqual([hashSecret(made.secret)]);
    expect((await page(developer, made.id)).html).not.toContain(made.secret);
    expect(site.log.join('') + JSON.stringify(site.events)).not.toContain(made.secret);
    // The type of an image is what its bytes say.
    expect((await site.store.applications.get(made.id))?.logo).toMatch(/^data:image\/png;base64,/);
    expect(site.events).toContainEqual(
      expect.objectContaining({ action: 'application_registered', by: 'local:viewer@example.com' }),
    );
  });

  test('is registered once by a form that is sent three times, and its secret is the same each time', async () => {
    const form_token = formToken(await shown(developer.open('/developer/new')));
    const name = 'Notes, by three clicks';
    const logo = new Blob([png], { type: 'image/png' });
    const send = () => sendNew({ form_token, name, logo });
    const answers = await Promise.all([send(), send(), send()]);
    expect(new Set(answers.map((made) => JSON.stringify(made))).size).toBe(1);
    const [made] = answers;
    expect(made).toMatchObject({ status: 201, secret: expect.stringMatching(/^gws_/) });
    expect((await shown(developer.open('/developer'))).html.split(name)).toHaveLength(2);
    expect(await site.store.clients.secrets(made?.id ?? '', Date.now())).toHaveLength(1);
    const another = await sendNew({ form_token, name, logo: new Blob([png, new Uint8Array(1)]) });
    expect(another.id).not.toBe(made?.id);
    site.clock.offset += 11_000;
    expect((await send()).id).not.toBe(made?.id);
  });

  test('has its secret in no kept answer that the store alone could open', async () => {
    const form_token = formToken(await shown(developer.open('/developer/new')));
    const { result: made, kept } = await keptAnswersOf(site.store, async () => {
      const first = await sendNew({ form_token });
      // It is kept once it has been sent: whoever got it again knows that it is.
      expect(await sendNew({ form_token })).toEqual(first);
      return first;
    });
    expect(kept).toHaveLength(1);
    expect(kept.join()).not.toContain(made.secret);
    expect(kept.join()).not.toContain(made.id);
  });

  test('works in test mode for its developer alone, and on their own machine, until it is approved', async () => {
    const made = await register();
    expect((await token(made, developer, local)).status).toBe(200);
    const elsewhere = await shown(developer.authorize(ask(made.id, callback)));
    expect(elsewhere.status).toBe(400);
    // A refusal does not wait until it is kept.
    await vi.waitFor(
      async () => expect((await page(developer, made.id)).html).toContain('is registered, but'),
      10_000,
    );
    const barred = await shown(administrator.open(ask(made.id, local)));
    expect(barred.html).toContain('is not approved yet');
    expect(barred.html).not.toContain('value="allow"');
    const other = await administrator.authorize(ask(made.id, local));
    if (other.kind === 'page') throw new Error('the answer goes to the application');
    expect(other.to.searchParams.get('error')).toBe('access_denied');
    expect(other.to.searchParams.get('error_description')).toContain('waits for approval');

    expect((await shown(administrator.open('/developer'))).html).toContain(made.id);
    expect((await act(administrator, made.id, 'approve')).status).toBe(303);
    expect(site.events).toContainEqual(
      expect.objectContaining({ action: 'application_approved', by: 'local:admin@example.com' }),
    );
    expect((await token(made, administrator, callback)).status).toBe(200);
  });

  test('tells its developer what went wrong, in words', async () => {
    const made = await register();
    await act(administrator, made.id, 'approve');
    await developer.authorize(ask(made.id, 'https://notes.example/callback/'));
    await fetch(`${site.issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: made.id, client_secret: 'canary' }),
    });
    // A refusal does not wait until it is kept.
    const html = await vi.waitFor(async () => {
      const shownNow = await page(developer, made.id);
      expect(shownNow.html).toContain('invalid_client');
      return shownNow.html;
    }, 10_000);
    expect(html).toContain('it ends with a slash, the registered one does not');
    expect(html).not.toContain('canary');
  });

  test('shows who has connected it and how often, and disconnects them all', async () => {
    const made = await register({ logo: new Blob([png], { type: 'image/png' }) });
    await act(administrator, made.id, 'approve');
    const answer = (await (await token(made, administrator, callback)).json()) as { access_token: string };
    const shownBefore = await page(developer, made.id);
    expect(shownBefore.html).toContain('admin@example.com');
    expect(shownBefore.html).toContain('One person, one token in all.');
    expect(shownBefore.html).toMatch(/Approved by<\/dt><dd>admin@example\.com</);
    expect((await page(administrator, made.id)).html).not.toMatch(/<dd>local:/);
    const home = await shown(administrator.open('/'));
    expect(home.html).toMatch(/class="app-logo" src="data:image\/png;base64,[^"]+" alt=""[^>]*>Notes/);
    expect(home.html).toMatch(/last <span class="database">authdb<\/span> as <span class="badge role">admin/);

    expect((await act(developer, made.id, 'disconnect')).status).toBe(303);
    expect(await site.store.artifacts.find('AccessToken', hashSecret(answer.access_token))).toBe(undefined);
    expect(site.events).toContainEqual(
      expect.objectContaining({ action: 'application_disconnected', target: made.id }),
    );
  });

  test('gets a new secret beside the old one, which goes on for as long as was chosen', async () => {
    const made = await register();
    const answer = await act(developer, made.id, 'rotate', { overlap: '1' });
    expect(await answer.text()).toMatch(/<code>gws_/);
    expect(await site.store.clients.secrets(made.id, Date.now())).toHaveLength(2);
    expect(await site.store.clients.secrets(made.id, Date.now() + 3_700_000)).toHaveLength(1);
    expect((await act(administrator, made.id, 'rotate', { overlap: '1' })).status).toBe(404);

    const form = { form_token: formToken(await page(developer, made.id)), overlap: '24' };
    const send = async () =>
      (await post(developer, `/developer/applications/${made.id}/rotate`, form)).text();
    const answers = await Promise.all([send(), send()]);
    expect(answers[0]).toMatch(/<code>gws_/);
    expect(answers[1]).toBe(answers[0]);
    expect(await site.store.clients.secrets(made.id, Date.now())).toHaveLength(3);
  });

  test('is gone when it is removed, with everything that it was let do', async () => {
    const made = await register();
    expect((await token(made, developer, local)).status).toBe(200);
    expect((await act(developer, made.id, 'remove')).status).toBe(303);
    expect(await site.store.clients.get(made.id)).toBe(undefined);
    expect((await shown(developer.authorize(ask(made.id, local)))).status).toBe(400);
  });

  test('without a secret is a public one', async () => {
    const made = await register({ kind: 'program', redirect_uris: 'http://127.0.0.1/cb' });
    expect(made).toMatchObject({ status: 201, secret: '' });
    expect((await site.store.clients.get(made.id))?.metadata).toMatchObject({
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    });
  });

  test.each([
    ['no redirect URI', { redirect_uris: '' }],
    ['plain http elsewhere', { redirect_uris: 'http://notes.example/callback' }],
    ['a name with markup', { name: '<b>Notes</b>' }],
    ['no database', { scope: 'openid' }],
    ['a database that does not exist', { other_scopes: 'db:nowhere' }],
    ['a logo that is no image', { logo: new Blob(['<svg/>'], { type: 'image/png' }) }],
    ['a logo that is too large', { logo: new Blob([png, new Uint8Array(40_000)]) }],
  ])('with %s is refused with a sentence, and what was typed stays', async (_what, fields) => {
    const made = await register({ redirect_uris: callback, ...fields });
    expect(made.status).toBe(422);
    expect(made.html).toContain('role="alert"');
    expect(made.html).toContain('value="db:authdb"');
  });
});

describe('the pages for developers', () => {
  test('H04 are not there for whoever may neither register nor approve', async () => {
    const stranger = new Person(site.issuer, 'nobody', '');
    expect(await stranger.open('/developer')).toMatchObject({
      kind: 'page',
      html: expect.stringContaining('name="password"'),
    });
    expect(
      (await (await administrator.fetch('/developer/new')).text()).includes('name="redirect_uris"'),
    ).toBe(true);
    const forbidden = await register({}, administrator);
    expect(forbidden.status).toBe(403);
  });

  test('H04 show nobody somebody else’s application', async () => {
    const { id } = await register();
    await site.store.applications.put({ clientId: id, owner: 'local:other', state: 'approved' });
    expect(await refusal(await developer.fetch(`/developer/applications/${id}`))).toEqual([404, 'not_found']);
  });

  test('H07 take no form from elsewhere', async () => {
    const { id } = await register();
    const answer = await post(developer, `/developer/applications/${id}/remove`, { form_token: 'x' });
    expect(await refusal(answer)).toEqual([403, 'cross_site']);
  });
});
