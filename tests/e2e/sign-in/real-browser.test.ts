import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startChromium } from '../../support/chromium.ts';
import { type DirectoryServer, startDirectoryServer } from '../../support/directory-server.ts';
import { appRedirect, startGateway, type TestGateway } from '../../support/gateway.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../../support/openid-provider.ts';
import { psql } from '../../support/psql.ts';

const password = 'a password of the directory';
let browser: Browser;
let page: Page;
let directory: DirectoryServer;
let provider: OpenIdProvider;
let gateway: TestGateway;

beforeAll(async () => {
  [browser, directory, provider] = await Promise.all([
    startChromium(),
    startDirectoryServer(),
    startOpenIdProvider(),
  ]);
  await directory.addGroup('editor', [await directory.addPerson('jane', password)]);
  gateway = await startGateway({
    config: {
      signIn: {
        local: {},
        staff: {
          kind: 'ldap',
          label: 'the directory',
          url: directory.tlsUrl,
          tlsCa: directory.caFile,
          userDn: 'uid={username},ou=people,dc=example,dc=com',
          groups: { base: 'ou=groups,dc=example,dc=com' },
        },
        corp: {
          kind: 'oidc',
          label: 'Example Corp',
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecret: 'env:CORP_SECRET',
        },
      },
    },
    env: { CORP_SECRET: provider.clientSecret },
  });
  provider.sendBackTo(`${gateway.issuer}/sign-in/callback/corp`);
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await Promise.all([directory?.stop(), provider?.stop()]);
});
beforeEach(async () => {
  page = await (await browser.newContext()).newPage();
  await page.route(`${appRedirect}**`, (route) => route.fulfill({ body: 'signed in' }));
});
afterEach(() => page.context().close());

/** An application asks, somebody signs in as `signIn` does and agrees, and psql says as whom. */
async function sessionUser(signIn: () => Promise<void>): Promise<string> {
  const asked = gateway.request({ scope: 'db:authdb' });
  await page.goto(asked.url.href);
  await signIn();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(`${appRedirect}**`);
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: asked.clientId,
    code: new URL(page.url()).searchParams.get('code') ?? '',
    code_verifier: asked.verifier,
    redirect_uri: asked.redirectUri,
  });
  return (await psql(gateway, { token: String(body.access_token) }, 'select session_user')).stdout;
}

test('somebody of an OpenID provider goes there and back, and reaches PostgreSQL as the role of their group', async () => {
  provider.person = { sub: 'u-1', name: 'Jane', groups: ['editor'] };
  const user = await sessionUser(() => page.getByRole('link', { name: 'Sign in with Example Corp' }).click());
  expect(user).toBe('app_readwrite');
});

test('somebody of a directory chooses it, types the password there, and reaches PostgreSQL as the role of their group', async () => {
  const user = await sessionUser(async () => {
    await page.getByRole('link', { name: 'Sign in with the directory' }).click();
    await page.getByLabel('User name at the directory').fill('jane');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  });
  expect(user).toBe('app_readwrite');
});

test('somebody who was invited opens the link, and reaches PostgreSQL as the role of their group', async () => {
  const { stdout } = await gateway.operator('users', 'invite', 'grace@example.com', '--group', 'viewer');
  await page.goto(stdout.trim());
  await page.getByRole('button', { name: 'Choose a password' }).click();
  await page.getByLabel('New password', { exact: true }).fill('plums in the icebox 42');
  await page.getByLabel('New password, once more').fill('plums in the icebox 42');
  await page.getByRole('button', { name: 'Save and continue' }).click();
  await page.getByRole('heading', { name: 'Your databases' }).waitFor();
  expect(await sessionUser(async () => {})).toBe('app_readonly');
});
