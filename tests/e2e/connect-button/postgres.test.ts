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
let gateway: TestGateway;
let browser: Browser;
let button: RunningConnectButton;
beforeAll(async () => {
  [gateway, browser] = await Promise.all([startGateway({ env, config: { clients } }), startChromium()]);
  button = await startConnectButton(gateway, {
    databases: { postgres: 'authdb' },
    clientSecret: env.TEST_CONNECT_BUTTON ?? '',
  });
});
afterAll(async () => {
  await browser?.close();
  await button?.stop();
  await gateway?.stop();
});

test('a person connects PostgreSQL, sees who they are and their rows, and disconnects', async () => {
  const viewer = await Visitor.open(browser, gateway, 'viewer');
  const { page } = viewer;
  await page.goto(button.url);
  expect(await viewer.says('MySQL')).toContain('This gateway has no MySQL database');
  await viewer.goToConsent('PostgreSQL');
  expect(await page.getByRole('main').innerText()).toContain('Connect button example');
  await page.getByRole('button', { name: 'Allow' }).click();

  await page.getByRole('button', { name: 'Disconnect' }).waitFor();
  expect(page.url()).toBe(`${button.url}/`);
  const said = await viewer.says('PostgreSQL');
  for (const part of ['viewer@example.com', 'authdb', 'readonly', 'ada@example.com']) {
    expect(said).toContain(part);
  }
  expect(said).toMatch(/This token ends at\s+\d\d:\d\d UTC/);

  await page.getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('link', { name: 'Connect to PostgreSQL' }).waitFor();
  expect(await viewer.says('PostgreSQL')).not.toContain('ada@example.com');
});

test('what a role may not do the database itself refuses, and another person in another browser may', async () => {
  const [viewer, editor] = [
    await Visitor.open(browser, gateway, 'viewer'),
    await Visitor.open(browser, gateway, 'editor'),
  ];
  await Promise.all(
    [viewer, editor].map(async ({ page }) => {
      await page.goto(button.url);
    }),
  );
  await viewer.connect('PostgreSQL');
  await editor.connect('PostgreSQL');

  await viewer.page.getByRole('button', { name: 'Add a row' }).click();
  const alert = viewer.page.getByRole('alert');
  expect(await alert.innerText()).toBe(
    'The database refused the new row to the role readonly: “permission denied for table users”.',
  );
  await editor.page.getByRole('button', { name: 'Add a row' }).click();
  await editor.page.getByRole('cell', { name: 'Somebody New' }).waitFor();
  expect(await editor.says('PostgreSQL')).toContain('readwrite');

  await viewer.page.goto(button.url);
  const said = await viewer.says('PostgreSQL');
  expect(said).toContain('viewer@example.com');
  expect(said).toContain('Somebody New');
  await editor.page.getByRole('button', { name: 'Disconnect' }).click();
  await editor.page.getByRole('link', { name: 'Connect to PostgreSQL' }).waitFor();
  await viewer.page.reload();
  expect(await viewer.says('PostgreSQL')).toContain('Somebody New');
});

test('pages bring no script, and allow none', async () => {
  const answer = await fetch(button.url);
  expect(answer.headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(await answer.text()).not.toContain('<script');
});

test('a form of another site adds nothing', async () => {
  const asked = await fetch(`${button.url}/add?database=authdb`, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
  });
  expect(asked.status).toBe(403);
  expect(await asked.text()).toContain('Nobody is connected here any more.');
});
