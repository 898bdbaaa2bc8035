import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChromium } from '../../../../tests/support/chromium.ts';
import { Person } from '../../../../tests/support/person.ts';
import { people, post, type Site, shown, startSite } from './testing/index.ts';

let site: Site;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([startSite({ host: 'localhost' }), startChromium()]);
});
afterAll(async () => {
  await browser.close();
  await site.stop();
});

/** A page whose browser has an authenticator that checks its user. */
async function openWithAuthenticator(): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (/policy|refused/i.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('WebAuthn.enable');
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { page, complaints };
}

async function signIn(page: Page): Promise<void> {
  await page.goto(`${site.issuer}/sign-in`);
  await page.getByLabel('User name').fill('viewer@example.com');
  await page.getByLabel('Password').fill(people.viewer);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a passkey is set up, asked for after the password, and lets in alone', async () => {
  const { page, complaints } = await openWithAuthenticator();
  await signIn(page);
  await page.getByRole('link', { name: 'Your sign-in' }).click();
  await page.getByRole('button', { name: 'Set up a passkey' }).click();
  await page.getByText('It is set up.').waitFor();
  expect(await site.factors.list('local:viewer@example.com')).toMatchObject([{ kind: 'passkey' }]);

  await page.goto(site.issuer);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.waitForURL(/signed_out/);
  await signIn(page);
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
  // No app: nobody is told to look for its code.
  await page.getByText('Show your passkey').waitFor();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.waitForURL(/signed_out/);

  await page.goto(`${site.issuer}/sign-in`);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('heading', { name: 'Your databases' }).waitFor();
  expect(site.events.findLast(({ type }) => type === 'sign_in')).toMatchObject({
    outcome: 'succeeded',
    person: 'local:viewer@example.com',
  });
  expect(complaints).toEqual([]);
});

test.each(['', 'null', '[]', '{}', '{"id":"made up","response":{}}', '{"id":1}'])(
  'whoever posts %j instead of a passkey gets nowhere, and is told',
  async (credential) => {
    const person = new Person(site.issuer, 'viewer@example.com', people.viewer);
    const page = await shown(person.open('/sign-in'));
    const form = /<form[^>]*action="\/sign-in\/passkey"[\s\S]*?name="form_token" value="([^"]*)"/.exec(
      page.html,
    );
    const answer = await post(person, '/sign-in/passkey', { form_token: form?.[1] ?? '', credential });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?passkey=failed']);
    const told = await shown(person.open('/sign-in?passkey=failed'));
    expect(told.html).toContain('No passkey of anybody here was shown.');
    expect(await person.isSignedIn()).toBe(false);
  },
);
