import { equal, match } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { writeCertificate } from '../../support/certificates.ts';
import { startGateway } from '../../support/gateway.ts';
import { psql } from '../../support/psql.ts';
import { makeSamlKeyPair } from '../../support/saml-signer.ts';
import { checkOf, type InteropCheck } from '../interop.ts';
import { liveSession, type Visitor, visitor } from '../visitor.ts';
import { asKeycloak, type Keycloak, keycloakPrograms } from './keycloak.ts';

/** In a real browser, with Keycloak as a SAML provider that has Grantway's metadata. */
export async function samlChecks(
  provider: Keycloak,
  browser: Browser,
  started: AsyncDisposableStack,
): Promise<readonly InteropCheck[]> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-keycloak-saml-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const keys = await makeSamlKeyPair('grantway');
  const { certificate } = await writeCertificate(keys, folder, 'grantway');
  const theirs = join(folder, 'keycloak.crt');
  await writeFile(theirs, await signingCertificate(provider));
  const realm = `${provider.origin}/realms/example`;
  const gateway = await startGateway({
    config: {
      signIn: {
        local: {},
        corp: {
          kind: 'saml',
          label: 'Keycloak',
          entityId: realm,
          signInUrl: `${realm}/protocol/saml`,
          signOutUrl: `${realm}/protocol/saml`,
          signOutEndsSessions: true,
          certificates: [theirs],
          keyPair: { certificate, privateKey: 'env:SAML_KEY' },
        },
      },
    },
    env: { SAML_KEY: keys.privateKey },
  });
  started.defer(() => gateway.stop());
  const metadata = await fetch(`${gateway.issuer}/sign-in/metadata/corp`);
  await provider.admin.importService(await metadata.text());

  const checkLogged = checkOf(keycloakPrograms, { gateway: gateway.log, provider: provider.log });
  const check = (title: string, name: string, run: (somebody: Visitor) => Promise<void>) =>
    checkLogged(`SAML: ${title}`, async () => {
      const somebody = await visitor(browser, gateway, asKeycloak(name));
      await run(somebody);
      await somebody.leave();
    });
  const reaches = (name: string, login: string) =>
    check(`its ${name} reaches PostgreSQL as ${login}`, name, async (somebody) =>
      equal(await somebody.sessionUser('db:authdb'), login),
    );
  return [
    reaches('admin', 'app_admin'),
    reaches('editor', 'app_readwrite'),
    reaches('viewer', 'app_readonly'),

    check('who signs out here is signed out there, and comes back', 'viewer', async (somebody) => {
      await somebody.signIn();
      await somebody.signOut();
      await somebody.isAskedThere();
    }),

    check('who signs out there has nothing here any more', 'editor', async (somebody) => {
      const { accessToken } = await somebody.letIn('db:authdb');
      const live = await liveSession(gateway, accessToken);
      await somebody.page.goto(`${realm}/protocol/openid-connect/logout`);
      await somebody.page.locator('#kc-logout').click();
      match(await live.ended(15), /you signed out at your identity provider/);
      match((await psql(gateway, { token: accessToken }, 'select 1')).stderr, /not valid any more/);
      equal(await somebody.isSignedIn(), false);
    }),
  ];
}

/** What it signs with, as its own metadata say. */
async function signingCertificate({ origin }: Keycloak): Promise<string> {
  const metadata = await (await fetch(`${origin}/realms/example/protocol/saml/descriptor`)).text();
  const [, encoded = ''] = /<ds:X509Certificate>([^<]+)</.exec(metadata) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${encoded}\n-----END CERTIFICATE-----\n`;
}
