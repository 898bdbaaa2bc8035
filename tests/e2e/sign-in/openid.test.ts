import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../../support/openid-provider.ts';
import type { Departure, Page, Person } from '../../support/person.ts';
import { psql } from '../../support/psql.ts';

let provider: OpenIdProvider;
let gateway: TestGateway;
beforeAll(async () => {
  provider = await startOpenIdProvider();
  gateway = await startGateway({
    config: {
      signIn: {
        local: {},
        corp: {
          kind: 'oidc',
          label: 'Example Corp',
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecret: 'env:CORP_SECRET',
        },
        silent: {
          kind: 'oidc',
          issuer: 'http://127.0.0.1:1',
          clientId: 'grantway',
        },
      },
    },
    env: { CORP_SECRET: provider.clientSecret },
  });
  provider.sendBackTo(`${gateway.issuer}/sign-in/callback/corp`);
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

/** Presses "Sign in with Example Corp" and goes there; the address that the provider sends the browser back to. */
async function signInThere(person: Person, page: Page | Departure, label = 'Example Corp'): Promise<URL> {
  if (page.kind === 'departure') throw new Error(`no sign-in page, but ${page.to}`);
  const link = new RegExp(`href="([^"]+)">Sign in with ${label}<`).exec(page.html)?.[1];
  if (link === undefined) throw new Error(`no such button:\n${page.html}`);
  const there = await person.open(new URL(link, page.url));
  if (there.kind === 'page') throw new Error(`not sent to the provider, but ${there.url}:\n${there.html}`);
  return await provider.visit(there.to);
}

/** All of it: an application asks, somebody signs in there and agrees, and the application redeems its code. */
async function tokenOf(scope: string): Promise<string> {
  const person = gateway.person('viewer');
  const asked = gateway.request({ scope });
  const back = await signInThere(person, await person.open(asked.url));
  const page = await person.open(back);
  // Who agreed before is not asked again.
  const end = page.kind === 'page' ? await person.submit(page, { decision: 'allow' }) : page;
  if (end.kind === 'page') throw new Error(`no code:\n${end.html}`);
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: asked.clientId,
    code: end.to.searchParams.get('code') ?? '',
    code_verifier: asked.verifier,
    redirect_uri: asked.redirectUri,
  });
  return String(body.access_token);
}

async function sessionUser(token: string): Promise<string> {
  const { stdout } = await psql(gateway, { token }, 'select session_user');
  return stdout.trim();
}

describe('somebody of an OpenID provider', () => {
  test('reaches the database as the role that their groups give', async () => {
    provider.person = { sub: 'u-1', name: 'Jane', groups: ['editor'] };
    expect(await sessionUser(await tokenOf('db:authdb'))).toBe('app_readwrite');
  });

  test('has the groups of the newest sign-in', async () => {
    provider.person = { sub: 'u-1', name: 'Jane', groups: ['viewer'] };
    expect(await sessionUser(await tokenOf('db:authdb'))).toBe('app_readonly');
  });

  test('G05 is somebody else than the local person of the same e-mail', async () => {
    provider.person = { sub: 'u-2', email: 'admin@example.com', name: 'admin@example.com', groups: [] };
    expect(await sessionUser(await tokenOf('db:authdb'))).toBe('app_readonly');
  });

  test('sees the home page, and signs out', async () => {
    provider.person = { sub: 'u-1', name: 'Jane of Corp', groups: ['viewer'] };
    const person = gateway.person('viewer');
    const home = await person.open(await signInThere(person, await person.open('/sign-in')));
    expect(home).toMatchObject({ kind: 'page', html: expect.stringContaining('Jane of Corp') });
  });

  test('is on record, also when the provider says no', async () => {
    provider.person = undefined;
    const person = gateway.person('viewer');
    const page = await person.open(await signInThere(person, await person.open('/sign-in')));
    expect(page).toMatchObject({ html: expect.stringContaining('Example Corp did not sign you in.') });
    const { stdout } = await gateway.operator('audit', 'tail', '--json');
    expect(stdout).toMatch(/"type":"sign_in".*"method":"corp".*"outcome":"succeeded".*"person":"corp:u-1"/);
    expect(stdout).toMatch(/"type":"sign_in".*"method":"corp".*"outcome":"failed".*"reason":"declined"/);
  });

  test('who was switched off here stays out, whatever the provider says', async () => {
    provider.person = { sub: 'u-9', name: 'Gone', groups: ['admin'] };
    const person = gateway.person('viewer');
    await person.open(await signInThere(person, await person.open('/sign-in')));
    await gateway.operator('users', 'disable', 'corp:u-9');
    const other = gateway.person('viewer');
    const page = await other.open(await signInThere(other, await other.open('/sign-in')));
    expect(page).toMatchObject({ html: expect.stringContaining('Your account here is switched off') });
  });
});

describe("a provider's answer", () => {
  const notOurs = 'does not belong to this sign-in';

  test('G06 in another browser signs nobody in', async () => {
    provider.person = { sub: 'u-1', name: 'Mallory', groups: ['admin'] };
    const mallory = gateway.person('viewer');
    const answer = await signInThere(mallory, await mallory.open('/sign-in'));
    const victim = gateway.person('viewer');
    await victim.open('/sign-in');
    expect(await victim.open(answer)).toMatchObject({ html: expect.stringContaining(notOurs) });
    expect(await victim.open('/sign-in/continue')).toMatchObject({
      html: expect.stringContaining('Sign in again'),
    });
  });

  test('G06 counts once', async () => {
    provider.person = { sub: 'u-1', name: 'Jane', groups: ['viewer'] };
    const person = gateway.person('viewer');
    const answer = await signInThere(person, await person.open('/sign-in'));
    expect(await person.open(answer)).toMatchObject({ html: expect.stringContaining('Jane') });
    const again = await person.fetch(answer);
    expect(again.headers.get('location')).toContain('failed=not_genuine');
  });

  test('finds its own tab when two are on their way', async () => {
    provider.person = { sub: 'u-1', name: 'Jane', groups: ['viewer'] };
    const person = gateway.person('viewer');
    const application = await signInThere(person, await person.open(gateway.request().url));
    const home = await signInThere(person, await person.open('/sign-in'));
    expect(await person.open(application)).toMatchObject({
      html: expect.stringContaining('name="decision"'),
    });
    expect(await person.open(home)).toMatchObject({ html: expect.stringContaining('Jane') });
  });

  test('of a method that is none leads nowhere', async () => {
    const person = gateway.person('viewer');
    for (const path of [
      '/sign-in/callback/local?code=c&state=s',
      '/sign-in/callback/nobody',
      '/sign-in/with/local',
    ]) {
      expect(await person.open(path)).toMatchObject({ status: 404 });
    }
  });
});

describe('a provider that does not answer', () => {
  test('is said to, and others sign in as before', async () => {
    const person = gateway.person('viewer');
    const page = await person.open('/sign-in/with/silent');
    expect(page).toMatchObject({
      kind: 'page',
      html: expect.stringContaining('silent does not answer at the moment.'),
    });
    expect(await person.home()).toMatchObject({ html: expect.stringContaining('viewer@example.com') });
  });
});
