import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChromium } from '../../support/chromium.ts';
import {
  connectButtonClient,
  type RunningConnectButton,
  startConnectButton,
  Visitor,
} from '../../support/connect-button.ts';
import { type SamplePerson, startGateway, type TestGateway } from '../../support/gateway.ts';

const { env, clients } = connectButtonClient(['authdb']);
const allow = { name: 'Allow' } as const;
let gateway: TestGateway;
let browser: Browser;
let button: RunningConnectButton;
beforeAll(async () => {
  [gateway, browser] = await Promise.all([startGateway({ env, config: { clients } }), startChromium()]);
  button = await startConnectButton(gateway, {
    databases: { postgres: 'authdb', mysql: 'nowhere' },
    clientSecret: env.TEST_CONNECT_BUTTON,
  });
});
afterAll(async () => {
  await browser?.close();
  await button?.stop();
  await gateway?.stop();
});

/** A person with a browser of their own, at the page of the example. */
async function comes(name: SamplePerson = 'viewer'): Promise<Visitor> {
  const visitor = await Visitor.open(browser, gateway, name);
  await visitor.page.goto(button.url);
  return visitor;
}

test('a person who says no is told that nothing was connected, and can start again', async () => {
  const visitor = await comes();
  const { page } = visitor;
  await visitor.goToConsent('PostgreSQL');
  await page.getByRole('button', { name: 'Deny' }).click();
  expect(await page.getByRole('alert').innerText()).toBe('You said no, and nothing was connected.');
  await page.getByRole('link', { name: 'Start again' }).click();
  await page.getByRole('button', allow).click();
  await visitor.rows('PostgreSQL');
});

test('a callback that somebody else began is refused, and the own one still works', async () => {
  const attacker = await comes();
  await attacker.goToConsent('PostgreSQL');
  const held = button.holdCallback();
  await attacker.page.getByRole('button', allow).click();

  const visitor = await comes();
  await visitor.goToConsent('PostgreSQL');
  const trap = await visitor.context.newPage();
  await trap.goto((await held).href);
  expect(await trap.getByRole('alert').innerText()).toContain('begun in another browser');
  await trap.getByRole('link', { name: 'Back to your databases' }).click();
  await visitor.part('PostgreSQL', trap).getByRole('link', { name: 'Connect to PostgreSQL' }).waitFor();
  await visitor.page.getByRole('button', allow).click();
  await visitor.rows('PostgreSQL');
});

test('a code that comes too late is told in a sentence, and starting again works', async () => {
  const visitor = await comes();
  const { page } = visitor;
  await visitor.goToConsent('PostgreSQL');
  const held = button.holdCallback();
  await page.getByRole('button', allow).click();
  const callback = await held;
  ageCodes();
  await page.goto(callback.href);
  expect(await page.getByRole('alert').innerText()).toBe('The sign-in took too long. Start again.');
  await page.getByRole('link', { name: 'Start again' }).click();
  await page.getByRole('button', allow).click();
  await visitor.rows('PostgreSQL');
});

/** Does to the codes that the gateway gave out what a minute does, without the minute. */
function ageCodes(): void {
  const store = new DatabaseSync(join(gateway.dataDir, 'grantway.db'), { timeout: 10_000 });
  store.exec(`
    UPDATE artifacts
       SET expires_at = expires_at - 60000, payload = json_set(payload, '$.exp', json_extract(payload, '$.exp') - 60)
     WHERE model = 'AuthorizationCode'`);
  store.close();
}

test('a database that the gateway does not have is told in a sentence', async () => {
  const { page } = await comes();
  await page.getByRole('link', { name: 'Connect to MySQL' }).click();
  expect(await page.getByRole('alert').innerText()).toMatch(/^There is no database .*nowhere\.$/);
  await page.getByRole('link', { name: 'Back to your databases' }).waitFor();
});

test('access that the person ends at Grantway is gone from the page, which offers to connect again', async () => {
  const visitor = await comes();
  const { page } = visitor;
  await visitor.connect('PostgreSQL');
  const home = await visitor.context.newPage();
  await home.goto(gateway.issuer);
  const end = home.getByRole('button', { name: 'End the access of Connect button example' });
  await end.click();
  await end.waitFor({ state: 'detached' });

  await page.reload();
  expect(await visitor.part('PostgreSQL').getByRole('status').innerText()).toBe(
    'The access of viewer@example.com to authdb was ended. Connect again if you want to go on.',
  );
  await page.getByRole('link', { name: 'Connect to PostgreSQL again' }).click();
  await page.getByRole('button', allow).click();
  await visitor.rows('PostgreSQL');
});

test('a form of another site adds nothing, although the browser would bring its cookies', async () => {
  const editor = await comes('editor');
  await editor.connect('PostgreSQL');
  const before = await editor.says('PostgreSQL');
  const address = `${button.url}/add?database=authdb`;
  const sent = await editor.context.request.post(address, { headers: { origin: 'https://evil.example' } });
  expect(sent.status()).toBe(403);
  await editor.page.reload();
  expect(await editor.says('PostgreSQL')).toBe(before);
});

test('two tabs at once both come back connected', async () => {
  const visitor = await comes();
  const second = await visitor.context.newPage();
  await second.goto(button.url);
  await visitor.goToConsent('PostgreSQL');
  await visitor.goToConsent('PostgreSQL', second);
  await second.getByRole('button', allow).click();
  await visitor.rows('PostgreSQL', second);
  await visitor.page.getByRole('button', allow).click();
  await visitor.rows('PostgreSQL');
});

test('going back after the callback, or to its address, leads nobody astray', async () => {
  const visitor = await comes();
  const { page } = visitor;
  await visitor.goToConsent('PostgreSQL');
  const held = button.holdCallback();
  await page.getByRole('button', allow).click();
  const callback = await held;
  await page.goto(callback.href);
  await visitor.rows('PostgreSQL');

  await page.goBack();
  expect(await page.getByRole('main').innerText()).toContain('Go back to the application and start again.');
  await page.goForward();
  await visitor.rows('PostgreSQL');
  await page.goto(callback.href);
  expect(await page.getByRole('alert').innerText()).toContain('This sign-in was finished already');
  await page.getByRole('link', { name: 'Back to your databases' }).click();
  await visitor.rows('PostgreSQL');
});

test('a gateway that restarts between the button and the consent, and again later, has forgotten nothing', async () => {
  const visitor = await comes();
  await visitor.goToConsent('PostgreSQL');
  await gateway.restart();
  await visitor.page.getByRole('button', allow).click();
  await visitor.rows('PostgreSQL');
  await gateway.restart();
  await visitor.page.reload();
  await visitor.rows('PostgreSQL');
}, 60_000);
