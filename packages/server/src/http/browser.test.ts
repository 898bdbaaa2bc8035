import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startChromium } from '../../../../tests/support/chromium.ts';
import { authorizationRequest, people, type Site, startSite, withFirstSecret } from './testing/index.ts';

let site: Site;
let browser: Browser;
let application: Server;
/** What reached the application: method, path, and the names of the parameters. */
const reached: string[] = [];

beforeAll(async () => {
  application = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const url = new URL(request.url ?? '', 'http://application');
    if (url.pathname === '/favicon.ico') return void response.end();
    const names = new URLSearchParams(body === '' ? url.search : body).keys();
    reached.push(`${request.method} ${url.pathname} ${[...names].sort().join(' ')}`);
    response.setHeader('content-type', 'text/html').end('<title>The application</title>');
  });
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  const { port } = application.address() as AddressInfo;
  [site, browser] = await Promise.all([
    startSite({ redirectUris: [`http://127.0.0.1:${port}/callback`] }),
    startChromium(),
  ]);
});
afterAll(async () => {
  await browser.close();
  await site.stop();
  application.close();
});

// A page in the background gets its focus late.
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

/** A fresh browser profile; whatever a page is refused by its own policy is collected. */
async function open(path: string | URL): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (/policy|refused/i.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(new URL(path, site.issuer).href);
  return { page, complaints };
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('User name').fill('viewer@example.com');
  await page.getByLabel('Password').fill(people.viewer);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Types one field after the other from the one that has the focus by itself, and presses the button after them. */
async function fillByKeyboard(page: Page, first: string, fields: readonly string[]): Promise<void> {
  await page.locator(`#${first}:focus`).waitFor();
  for (const field of fields) {
    await page.keyboard.type(field);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
}

/** What has the focus, and the line around it. Text, because the sources of the server know no DOM. */
const focusedStop =
  'document.activeElement.textContent.trim() + " " + getComputedStyle(document.activeElement).outlineStyle';

function request(parameters: Readonly<Record<string, string>> = {}): URL {
  const { port } = application.address() as AddressInfo;
  return authorizationRequest(site, { redirect_uri: `http://127.0.0.1:${port}/callback`, ...parameters });
}

test('sign-in and consent lead back to the application through the policy of both pages', async () => {
  const { page, complaints } = await open(request());
  await signIn(page);
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(/\/callback/);
  expect(await page.title()).toBe('The application');
  expect(reached.at(-1)).toBe('GET /callback code iss state');
  expect(complaints).toEqual([]);
});

test('a sign-in that needs no consent any more leads straight back, through the policy of the sign-in page', async () => {
  const { page, complaints } = await open(request());
  await signIn(page);
  await page.waitForURL(/\/callback/);
  expect(complaints).toEqual([]);
});

test('an answer by form_post reaches the application', async () => {
  const { page } = await open(request({ response_mode: 'form_post' }));
  await signIn(page);
  await page.waitForURL(/\/callback/);
  expect(reached.at(-1)).toBe('POST /callback code iss state');
});

test('sign-in and consent work by keyboard alone, and every stop on the way can be seen', async () => {
  const { page, complaints } = await open(request({ prompt: 'consent' }));
  await fillByKeyboard(page, 'username', ['viewer@example.com', people.viewer]);
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  const stops: string[] = [];
  while (stops.at(-1) !== 'Allow solid') {
    expect(stops.length).toBeLessThan(5);
    await page.keyboard.press('Tab');
    stops.push(await page.evaluate<string>(focusedStop));
  }
  expect(stops).toEqual(['Grantway solid', 'Allow solid']);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/callback/);
  expect(reached.at(-1)).toBe('GET /callback code iss state');
  expect(complaints).toEqual([]);
});

test('a first secret leads over a password of one’s own back to the application, by keyboard alone', async () => {
  const secret = 'made by an administrator';
  const { username } = await withFirstSecret(site, 'keyboard', secret);
  const { page, complaints } = await open(request());
  await fillByKeyboard(page, 'username', [username, secret]);
  await fillByKeyboard(page, 'new_password', ['plums in the icebox', 'plums in the icebox']);
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(/\/callback/);
  expect(reached.at(-1)).toBe('GET /callback code iss state');
  expect(complaints).toEqual([]);
});

test('a password is changed from the home page, and another browser is signed out by it', async () => {
  const secret = 'made by an administrator';
  const own = 'plums in the icebox';
  const { username } = await withFirstSecret(site, 'changer', secret);
  const start = async (password: string) => {
    const opened = await open('/sign-in');
    await opened.page.getByLabel('User name').fill(username);
    await opened.page.getByLabel('Password').fill(password);
    await opened.page.getByRole('button', { name: 'Sign in' }).click();
    return opened;
  };
  const { page, complaints } = await start(secret);
  await page.getByLabel('New password', { exact: true }).fill(own);
  await page.getByLabel('New password, once more').fill(`${own}!`);
  await page.getByRole('button', { name: 'Save and continue' }).click();
  expect(await page.getByRole('alert').innerText()).toContain('not the same');
  await page.getByLabel('New password', { exact: true }).fill(own);
  await page.getByLabel('New password, once more').fill(own);
  await page.getByRole('button', { name: 'Save and continue' }).click();
  await page.getByRole('heading', { name: 'Your databases' }).waitFor();
  const other = await start(own);
  await other.page.getByRole('heading', { name: 'Your databases' }).waitFor();

  await page.getByRole('link', { name: 'Change password' }).click();
  await page.getByLabel('Current password').fill(own);
  await page.getByLabel('New password', { exact: true }).fill(`${own} and more`);
  await page.getByLabel('New password, once more').fill(`${own} and more`);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Your password is changed.').waitFor();
  await other.page.reload();
  await other.page.getByRole('link', { name: 'Sign in' }).waitFor();
  expect([...complaints, ...other.complaints]).toEqual([]);
});

test('a form that was slipped into a page cannot send anything to another site', async () => {
  const { page, complaints } = await open('/sign-in');
  const before = reached.length;
  const { port } = application.address() as AddressInfo;
  await page.evaluate(`
    const form = document.createElement('form');
    form.action = 'http://127.0.0.1:${port}/stolen';
    form.method = 'post';
    document.body.append(form);
    form.submit();
  `);
  await expect.poll(() => complaints.join('\n')).toMatch(/form-action/);
  expect(reached).toHaveLength(before);
});

test('the home page works by keyboard alone, and signs out', async () => {
  const { page, complaints } = await open('/sign-in');
  await fillByKeyboard(page, 'username', ['viewer@example.com', people.viewer]);
  await page.getByRole('heading', { name: 'Your databases' }).waitFor();
  const stops: unknown[] = [];
  for (let stop = 0; stop < 4; stop += 1) {
    await page.keyboard.press('Tab');
    stops.push(await page.evaluate('document.activeElement.textContent'));
  }
  expect(stops).toEqual(['Grantway', 'Your sign-in', 'Change password', 'Sign out']);
  await page.keyboard.press('Enter');
  await page.getByText('You are signed out.').waitFor();
  expect(complaints).toEqual([]);
});

test.each([320, 768])('no page is wider than a screen of %i points', async (width) => {
  const { page } = await open('/sign-in');
  await page.setViewportSize({ width, height: 700 });
  await signIn(page);
  const consent = request({ prompt: 'consent' }).href;
  for (const url of [
    site.issuer,
    consent,
    ...['/password', '/device', '/nothing'].map((path) => site.issuer + path),
  ]) {
    await page.goto(url);
    expect([url, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([url, width]);
  }
});
