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
import { startGateway, type TestGateway } from '../../support/gateway.ts';

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

/** A viewer with a browser of their own, at the page of the example. */
async function comes(): Promise<Visitor> {
  const visitor = await Visitor.open(browser, gateway, 'viewer');
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

test('a database that the application may not ask for is told in a sentence', async () => {
  const { page } = await comes();
  await page.getByRole('link', { name: 'Connect to MySQL' }).click();
  expect(await page.getByRole('alert').innerText()).toBe(
    'This client is not registered for the scope db:nowhere.',
  );
  await page.getByRole('link', { name: 'Back to your databases' }).waitFor();
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
