import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthorizationRequest, startGateway, type TestGateway } from '../support/gateway.ts';
import { type Departure, type Page, Person } from '../support/person.ts';
import { psql } from '../support/psql.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

const own = 'plums in the icebox 42';

describe('somebody who was added by command', () => {
  test('signs in where the command says, chooses a password, and psql is in; the first secret is worth nothing then', async () => {
    const added = await gateway.operator('users', 'add', 'ada@example.com', '--group', 'editor', '--json');
    const { secret, signInAt, expiresAt } = JSON.parse(added.stdout) as Record<string, string>;
    expect(signInAt).toBe(`${gateway.issuer}/sign-in`);
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now());

    const ada = new Person(gateway.issuer, 'ada@example.com', secret ?? '');
    const request = gateway.request({ scope: 'db:authdb' });
    const choice = await page(ada.signIn(await page(ada.open(request.url))));
    expect(choice.html).toContain('Choose your own password');
    const consent = await page(ada.submit(choice, { new_password: own, new_password_again: own }));
    const back = await ada.submit(consent, { decision: 'allow' });
    const session = await psql(gateway, { token: await tokenOf(request, back) }, 'SELECT session_user');
    expect(session.stdout).toBe('app_readwrite');

    const late = new Person(gateway.issuer, 'ada@example.com', secret ?? '');
    expect((await page(late.signIn(await page(late.open('/sign-in'))))).status).toBe(422);
  });

  test('is told in plain words without --json, and a reset asks for a new password again', async () => {
    const { stdout, stderr } = await gateway.operator('users', 'reset', 'ada@example.com');
    expect(stderr).toContain(`Sign in with it at ${gateway.issuer}/sign-in`);
    const ada = new Person(gateway.issuer, 'ada@example.com', stdout.trim());
    const choice = await page(ada.signIn(await page(ada.open('/sign-in'))));
    expect(choice.url.pathname).toBe('/sign-in/password');
    const home = await page(ada.submit(choice, { new_password: `${own}!`, new_password_again: `${own}!` }));
    expect(home.html).toContain('Sign out');
  });
});

test('somebody who was invited opens the link, chooses a password, and psql is in', async () => {
  const { stdout } = await gateway.operator('users', 'invite', 'grace@example.com', '--group', 'viewer');
  const grace = new Person(gateway.issuer, 'grace@example.com', own);
  const choice = await page(grace.press(await page(grace.open(stdout.trim())), /^\/invitation$/));
  await page(grace.submit(choice, { new_password: own, new_password_again: own }));
  const request = gateway.request({ scope: 'db:authdb' });
  const token = await tokenOf(request, await grace.authorize(request.url));
  const session = await psql(gateway, { token }, 'SELECT session_user');
  expect(session.stdout).toBe('app_readonly');

  const again = await gateway.operator('users', 'invite', 'grace@example.com', '--json');
  const { id, link } = JSON.parse(again.stdout) as Record<string, string>;
  expect([id, link?.startsWith(`${gateway.issuer}/invitation?user=grace`)]).toEqual([
    'local:grace@example.com',
    true,
  ]);
  expect((await psql(gateway, { token }, 'SELECT 1')).code).not.toBe(0);
});

/** Redeems the code that an application got. */
async function tokenOf(request: AuthorizationRequest, back: Page | Departure): Promise<string> {
  if (back.kind !== 'departure') throw new Error(back.html);
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: request.clientId,
    code: back.to.searchParams.get('code') ?? '',
    code_verifier: request.verifier,
    redirect_uri: request.redirectUri,
  });
  return String(body.access_token);
}

async function page(reached: ReturnType<Person['open']>): Promise<Page> {
  const end = await reached;
  if (end.kind !== 'page') throw new Error(`led away to ${end.to}`);
  return end;
}
