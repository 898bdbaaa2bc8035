import { createServer, type Server } from 'node:http';
import * as openid from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChromium } from '../support/chromium.ts';
import { type SamplePerson, startGateway, type TestGateway } from '../support/gateway.ts';
import { psql } from '../support/psql.ts';

let gateway: TestGateway;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  [gateway, browser] = await Promise.all([startGateway(), startChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});
beforeEach(async () => {
  // Without scripts: every page has to do without.
  const context = await browser.newContext({ javaScriptEnabled: false });
  page = await context.newPage();
});
afterEach(() => page.context().close());

async function signIn(name: SamplePerson): Promise<void> {
  await page.getByLabel('User name').fill(`${name}@example.com`);
  await page.getByLabel('Password').fill(gateway.passwordOf(name));
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** A stranger's native program with a stock OAuth library, which waits for the browser to come back. */
async function nativeProgram() {
  const config = await openid.discovery(new URL(gateway.issuer), 'grantway-cli', undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
  });
  const codeVerifier = openid.randomPKCECodeVerifier();
  const state = openid.randomState();
  let returned: (url: URL) => void;
  const callback = new Promise<URL>((resolve) => {
    returned = resolve;
  });
  const server: Server = createServer((request, response) => {
    response.end('You can close this window.');
    returned(new URL(request.url ?? '', redirectUri));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const redirectUri = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/callback`;
  return {
    url: openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'db:authdb',
      prompt: 'consent',
      state,
      code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    }),
    tokens: async () => {
      const checks = { pkceCodeVerifier: codeVerifier, expectedState: state };
      const tokens = await openid.authorizationCodeGrant(config, await callback, checks);
      server.close();
      return tokens;
    },
  };
}

describe('a person with a browser', () => {
  test.each([
    ['viewer', 'readonly', 'app_readonly'],
    ['editor', 'readwrite', 'app_readwrite'],
    ['admin', 'admin', 'app_admin'],
  ] as const)(
    'signs in as %s, sees what is asked, allows it, and psql is in as %s',
    async (name, role, login) => {
      const program = await nativeProgram();
      await page.goto(program.url.href);
      await signIn(name);
      const consent = page.getByRole('main');
      await expect.poll(() => consent.innerText()).toContain('authdb');
      expect(await consent.innerText()).toContain(role);
      expect(await consent.innerText()).toContain('this computer');
      await page.getByRole('button', { name: 'Allow' }).click();
      const { access_token, role: given } = await program.tokens();
      expect(given).toBe(role);
      expect((await psql(gateway, { token: access_token }, 'SELECT session_user')).stdout).toBe(login);
    },
  );

  test('is asked again after a wrong password, in the same words as somebody who does not exist', async () => {
    const sentences = [];
    for (const username of ['viewer@example.com', 'nobody@example.com']) {
      await page.goto(`${gateway.issuer}/sign-in`);
      await page.getByLabel('User name').fill(username);
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      sentences.push(await page.getByRole('alert').innerText());
    }
    expect(sentences[0]).toBe(sentences[1]);
  });

  test('can deny with the keyboard alone', async () => {
    const program = await nativeProgram();
    await page.goto(program.url.href);
    await page.locator('[name=username]:focus').waitFor();
    await page.keyboard.type('viewer@example.com');
    await page.keyboard.press('Tab');
    await page.keyboard.type(gateway.passwordOf('viewer'));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Deny' }).focus();
    await page.keyboard.press('Enter');
    await expect(program.tokens()).rejects.toMatchObject({ error: 'access_denied' });
  });

  test('lets a machine without a browser in by its code', async () => {
    const config = await openid.discovery(new URL(gateway.issuer), 'psql', undefined, openid.None(), {
      execute: [openid.allowInsecureRequests],
    });
    const device = await openid.initiateDeviceAuthorization(config, { scope: 'db:authdb' });
    await page.goto(device.verification_uri);
    await page.getByLabel('Code').fill(device.user_code);
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await page.getByRole('main').innerText()).toContain(device.user_code);
    await page.getByRole('button', { name: 'Yes, continue' }).click();
    await signIn('viewer');
    await page.getByRole('button', { name: 'Allow' }).click();
    const { access_token } = await openid.pollDeviceAuthorizationGrant(config, device);
    expect((await psql(gateway, { token: access_token }, 'SELECT session_user')).stdout).toBe('app_readonly');
  });

  test('finds on the home page what can be reached, who was let in and what runs, and signs out', async () => {
    await page.goto(gateway.issuer);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn('editor');
    const main = page.getByRole('main');
    expect(await main.innerText()).toContain('authdb');
    expect(await main.innerText()).toContain('readwrite');
    expect(await main.innerText()).toContain('psql');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.goto(gateway.issuer);
    expect(await page.getByRole('link', { name: 'Sign in' }).count()).toBeGreaterThan(0);
  });
});
