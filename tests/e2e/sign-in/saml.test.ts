import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeCertificate } from '../../support/certificates.ts';
import { startChromium } from '../../support/chromium.ts';
import { appRedirect, startGateway, type TestGateway } from '../../support/gateway.ts';
import { psql } from '../../support/psql.ts';
import { makeSamlKeyPair } from '../../support/saml-signer.ts';
import { type SimpleSamlPhp, startSimpleSamlPhp } from '../../support/simplesamlphp.ts';

const password = 'a password of the provider';
const people = {
  jane: { password, groups: ['editor'] },
  john: { password, groups: ['viewer'] },
};

/** In a browser, one after the other, half of them of a provider in PHP: on a busy machine each takes seconds. */
const manyPages = { timeout: 90_000 };

let folder: string;
let browser: Browser;
let page: Page;
let provider: SimpleSamlPhp;
let gateway: TestGateway;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-saml-e2e-'));
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  const context = await browser.newContext();
  page = await context.newPage();
  await page.route(`${appRedirect}**`, (route) => route.fulfill({ body: 'signed in' }));
});
afterEach(() => page.context().close());

/** A provider and a gateway that know each other by their metadata. */
async function startBoth({ encrypt }: { readonly encrypt: boolean }): Promise<void> {
  const keys = await makeSamlKeyPair('grantway');
  const { certificate } = await writeCertificate(keys, folder, `saml-${encrypt}`);
  provider = await startSimpleSamlPhp({ people, encrypt });
  gateway = await startGateway({
    config: {
      signIn: {
        local: {},
        corp: {
          kind: 'saml',
          label: 'Example Corp',
          entityId: provider.entityId,
          signInUrl: provider.signInUrl,
          signOutUrl: provider.signOutUrl,
          signOutEndsSessions: true,
          certificates: [provider.certificateFile],
          keyPair: { certificate, privateKey: 'env:SAML_KEY' },
          encryptedAssertions: encrypt,
        },
      },
    },
    env: { SAML_KEY: keys.privateKey },
  });
  const metadata = await fetch(`${gateway.issuer}/sign-in/metadata/corp`);
  await provider.trust(await metadata.text());
}

async function stopBoth(): Promise<void> {
  await gateway?.stop();
  await provider?.stop();
}

async function signInThere(name: keyof typeof people): Promise<void> {
  await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
  await page.locator('#username').fill(name);
  await page.locator('#password').fill(password);
  await page.locator('#submit_button').click();
}

/** All of it: an application asks, somebody signs in there and agrees, and the application redeems its code. */
async function tokenOf(name: keyof typeof people): Promise<string> {
  const asked = gateway.request({ scope: 'db:authdb' });
  await page.goto(asked.url.href);
  await signInThere(name);
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(`${appRedirect}**`);
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: asked.clientId,
    code: new URL(page.url()).searchParams.get('code') ?? '',
    code_verifier: asked.verifier,
    redirect_uri: asked.redirectUri,
  });
  return String(body.access_token);
}

describe('a SAML provider whose assertions are signed', () => {
  beforeAll(() => startBoth({ encrypt: false }));
  afterAll(stopBoth);

  test('signs people in, and they reach the database as the role of their group', async () => {
    const { stdout } = await psql(gateway, { token: await tokenOf('jane') }, 'select session_user');
    expect(stdout.trim()).toBe('app_readwrite');
  });

  test('signs people out there when they sign out here', manyPages, async () => {
    await page.goto(`${gateway.issuer}/sign-in`);
    await signInThere('john');
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL(`${gateway.issuer}/?signed_out=1`);
    // Whoever is still signed in there is not asked again.
    await page.goto(`${gateway.issuer}/sign-in`);
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
    await page.locator('#username').waitFor();
  });

  test('signs people out here when nothing can be told to it, and the log says why', manyPages, async () => {
    await page.goto(`${gateway.issuer}/sign-in`);
    await signInThere('john');
    const button = page.getByRole('button', { name: 'Sign out', exact: true });
    await button.waitFor();
    const away = `${provider.certificateFile}.away`;
    await rename(provider.certificateFile, away);
    try {
      await button.click();
      await page.waitForURL(`${gateway.issuer}/?signed_out=1`);
    } finally {
      await rename(away, provider.certificateFile);
    }
    const line = gateway
      .log()
      .split('\n')
      .find((one) => one.includes('not at the identity provider'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      person: expect.stringMatching(/^corp:/),
      detail: expect.stringContaining('ENOENT'),
    });
  });

  test('ends what people have here when they sign out there', manyPages, async () => {
    const token = await tokenOf('john');
    const { port } = gateway;
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'john',
      password: token,
      database: 'authdb',
      ssl: false,
    });
    await client.connect();
    // The server's word first, and then the end of the connection.
    const ended = new Promise<Error>((resolve) => client.on('error', resolve));
    const afterwards = new URL('/logout.php', provider.signOutUrl).href;
    await page.goto(`${provider.signOutUrl}?ReturnTo=${encodeURIComponent(afterwards)}`);
    await page.waitForURL(afterwards);
    expect((await ended).message).toContain('you signed out at your identity provider');
    await page.goto(gateway.issuer);
    expect(await page.getByRole('button', { name: 'Sign out', exact: true }).count()).toBe(0);
    expect((await psql(gateway, { token }, 'select 1')).stderr).toContain('not valid any more');
  });
});

describe('a SAML provider whose assertions are encrypted as well', () => {
  beforeAll(() => startBoth({ encrypt: true }));
  afterAll(stopBoth);

  test('signs people in, and they reach the database as the role of their group', async () => {
    const { stdout } = await psql(gateway, { token: await tokenOf('jane') }, 'select session_user');
    expect(stdout.trim()).toBe('app_readwrite');
  });
});
