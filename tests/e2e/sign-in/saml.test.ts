import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

describe.each([
  ['signed', false],
  ['signed and encrypted', true],
])('a SAML provider whose assertions are %s', (_name, encrypt) => {
  let provider: SimpleSamlPhp;
  let gateway: TestGateway;
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grantway-saml-e2e-'));
    const keys = await makeSamlKeyPair('grantway');
    const { certificate } = await writeCertificate(keys, folder, 'saml');
    [provider, browser] = await Promise.all([startSimpleSamlPhp({ people, encrypt }), startChromium()]);
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
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await provider?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function signInThere(page: Page, name: keyof typeof people): Promise<void> {
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
    await page.locator('#username').fill(name);
    await page.locator('#password').fill(password);
    await page.locator('#submit_button').click();
  }

  test('signs people in, and they reach the database as the role of their group', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const asked = gateway.request({ scope: 'db:authdb' });
    await page.route(`${appRedirect}**`, (route) => route.fulfill({ body: 'signed in' }));
    await page.goto(asked.url.href);
    await signInThere(page, 'jane');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${appRedirect}**`);
    const { body } = await gateway.post('token', {
      grant_type: 'authorization_code',
      client_id: asked.clientId,
      code: new URL(page.url()).searchParams.get('code') ?? '',
      code_verifier: asked.verifier,
      redirect_uri: asked.redirectUri,
    });
    const { stdout } = await psql(gateway, { token: String(body.access_token) }, 'select session_user');
    expect(stdout.trim()).toBe('app_readwrite');
    await context.close();
  });
});
