import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Person } from '../../../../../tests/support/person.ts';
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
  site = await startSite();
});
afterAll(() => site.stop());

function person(name: keyof typeof people = 'viewer'): Person {
  return new Person(site.issuer, `${name}@example.com`, people[name]);
}

describe('the home page', () => {
  test('shows a stranger the way in, and nothing else', async () => {
    const landing = await shown(person().open('/'));
    expect(landing.html).toContain('href="/sign-in"');
    expect(landing.html).not.toContain('authdb');
  });

  test('shows the databases that policy gives, with the default role first and a way to connect', async () => {
    const home = await person().home();
    expect(home.html).toContain('authdb');
    expect(home.html).not.toContain('payroll');
    expect(home.html).toContain('postgresql://readonly@127.0.0.1:15432/authdb?sslmode=require');
    expect((await person('admin').home()).html).toContain('postgresql://admin@127.0.0.1:15432/authdb');
  });

  test('says what a role demands of the sign-in, and of an application without a database what it is for', async () => {
    const demanding = await startSite({ demand: { factor: true, signInWithinMs: 900_000 } });
    const admin = new Person(demanding.issuer, 'admin@example.com', people.admin);
    await admin.authorize(authorizationRequest(demanding, { prompt: 'consent', scope: 'openid profile' }));
    const { html } = await admin.home();
    expect(html).toContain('Asks for a second factor and a sign-in that is not older than 15 minutes.');
    expect(html).toContain('Sign in with it. See your name');
    await demanding.stop();
  });

  test('H04 ends an application that the person let in, and nobody else’s', async () => {
    const viewer = person();
    await viewer.authorize(authorizationRequest(site, { prompt: 'consent' }));
    const home = await viewer.home();
    const [, action = ''] = /action="(\/applications\/[^"]+\/end)"/.exec(home.html) ?? [];
    const admin = person('admin');
    const response = await post(admin, action, { form_token: formToken(await admin.home()) });
    expect(response.status).toBe(404);

    const end = await shown(viewer.press(home, /^\/applications\/.+\/end$/));
    expect(end.html).toContain('access has ended');
    expect(end.html).not.toContain(action);
  });

  test('shows an application once, whatever it was let do in however many browsers, and ends all of it', async () => {
    for (const scope of ['db:authdb', 'db:authdb openid', 'db:authdb db:payroll profile'])
      await person('admin').authorize(authorizationRequest(site, { prompt: 'consent', scope }));
    const admin = person('admin');
    const consents = () => site.store.artifacts.list('Grant', { accountId: 'local:admin@example.com' });
    expect(await consents()).toHaveLength(3);
    const home = await admin.home();
    expect(home.html.match(/action="\/applications\//g)).toHaveLength(1);
    const row = /<li class="row">\s*<div class="what"><strong>Acme[\s\S]*?<\/li>/.exec(home.html)?.[0] ?? '';
    const reached = [...row.matchAll(/<span class="database">([^<]+)<\/span> in your default role/g)];
    expect(reached.map(([, database]) => database)).toEqual(['authdb', 'payroll']);
    expect(row).not.toContain('db:');
    const end = await shown(admin.press(home, /^\/applications\/acme\/end$/));
    expect(end.html).toContain('You have not let any application in.');
    expect(await consents()).toEqual([]);
    const ended = site.events.filter(
      (event) => event.type === 'revoked' && event.by === 'local:admin@example.com',
    );
    expect(ended).toHaveLength(3);
  });

  test('H04 ends a live session of the person, and nobody else’s', async () => {
    const viewer = person();
    const session = {
      id: 'session-1',
      gatewayId: 'gateway-1',
      personId: 'local:viewer@example.com',
      clientId: 'acme',
      consentId: 'consent-1',
      database: 'authdb',
      role: 'readonly',
      remoteAddress: '192.0.2.7',
      startedAt: Date.now(),
      heartbeatAt: Date.now(),
      cancelKeyHash: 'hash-1',
    };
    await site.store.sessions.publish([session], []);
    const head = await site.store.revocations.head();
    const admin = person('admin');
    const foreign = await post(admin, '/sessions/session-1/end', {
      form_token: formToken(await admin.home()),
    });
    expect([foreign.status, await site.store.revocations.since(head)]).toEqual([404, []]);

    const end = await shown(viewer.press(await viewer.home(), /^\/sessions\/.+\/end$/));
    expect(end.html).toContain('The session is ending.');
    expect(await site.store.revocations.since(head)).toMatchObject([
      { kind: 'session', subject: 'session-1' },
    ]);
    expect(site.events).toContainEqual(expect.objectContaining({ type: 'revoked', subject: 'session-1' }));
  });

  test('H20 signs out on the server too: the old cookie opens nothing', async () => {
    const viewer = person();
    const home = await viewer.home();
    const kept = (await viewer.fetch('/')).status;
    expect(kept).toBe(200);
    await viewer.press(home, /^\/sign-out$/);
    expect((await shown(viewer.open('/'))).html).toContain('href="/sign-in"');
    expect((await viewer.fetch('/sign-out')).status).toBe(404);
  });

  test('signs out everywhere: other browsers, applications and live sessions, of this person alone', async () => {
    const [here, there, admin] = [person(), person(), person('admin')];
    await there.home();
    await admin.home();
    await here.authorize(authorizationRequest(site, { prompt: 'consent' }));
    const head = await site.store.revocations.head();
    const end = await shown(here.press(await here.home(), /^\/sign-out\/everywhere$/));
    expect(end.html).toContain('You are signed out.');
    for (const browser of [here, there])
      expect((await shown(browser.open('/'))).html).toContain('href="/sign-in"');
    expect((await shown(admin.open('/'))).html).toContain('Your databases</h1>');
    const viewer = 'local:viewer@example.com';
    expect(await site.store.revocations.since(head)).toMatchObject([{ kind: 'person', subject: viewer }]);
    expect(await site.store.artifacts.list('Grant', { accountId: viewer })).toEqual([]);
    const foreign = await post(admin, '/sign-out/everywhere', { form_token: 'made up' });
    expect(foreign.status).toBe(403);
  });

  test('of somebody who was disabled meanwhile shows nothing of theirs', async () => {
    const viewer = person();
    await viewer.home();
    await site.store.people.disable('local:viewer@example.com');
    const after = await shown(viewer.open('/'));
    await site.store.people.enable('local:viewer@example.com');
    expect(after.html).not.toContain('authdb');
  });
});

test('no log line holds a password, a cookie or a code', async () => {
  await person().authorize(authorizationRequest(site, { prompt: 'consent' }));
  const log = site.log.join('');
  expect(log).not.toMatch(/viewer has a password|grantway_session=|gw_browser=|[?&]code=/);
});
