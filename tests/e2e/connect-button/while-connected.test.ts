import { readFile, writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
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
    databases: { postgres: 'authdb' },
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

test('access that the person ends at Grantway is gone from the page, which offers to connect again', async () => {
  const visitor = await comes();
  const { page } = visitor;
  await visitor.connect('PostgreSQL');
  const home = await visitor.context.newPage();
  await home.goto(gateway.issuer);
  const end = home.getByRole('button', { name: 'End access of Connect button example' });
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

test('a person who has lost the role reads the reason in the words of the gateway', async () => {
  const visitor = await comes();
  await visitor.connect('PostgreSQL');
  const before = await readFile(gateway.configFile, 'utf8');
  const config = parse(before);
  config.databases.authdb.roles.readonly.allow = { groups: ['nobody'] };
  await writeFile(gateway.configFile, stringify(config));
  await gateway.restart();
  await visitor.page.reload();
  expect(await visitor.part('PostgreSQL').getByRole('alert').innerText()).toBe(
    'No rule of the database authdb gives such a role here. Ask the administrator.',
  );

  await writeFile(gateway.configFile, before);
  await gateway.restart();
  await visitor.page.reload();
  await visitor.rows('PostgreSQL');
}, 60_000);
