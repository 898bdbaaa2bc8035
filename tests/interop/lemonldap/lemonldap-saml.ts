import { equal, match } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { type CertificatePair, writeCertificate } from '../../support/certificates.ts';
import { startChromium } from '../../support/chromium.ts';
import { startGateway } from '../../support/gateway.ts';
import { psql } from '../../support/psql.ts';
import { makeSamlKeyPair } from '../../support/saml-signer.ts';
import { checkOf, type InteropSuite, type StartedChecks } from '../interop.ts';
import { liveSession, type Visitor, visitor } from '../visitor.ts';
import { asDemo, lemonldapPackages, portalAddress, startLemonLdap } from './lemonldap.ts';

/** A SAML provider that nobody here wrote, in a real browser: it and the gateway know each other by their metadata. */
export const lemonldapSaml: InteropSuite = { name: 'lemonldap-saml', needs: [lemonldapPackages], start };

async function start(): Promise<StartedChecks> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'grantway-lemonldap-saml-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const [providerKeys, ownKeys] = [await makeSamlKeyPair('LemonLDAP'), await makeSamlKeyPair('grantway')];
  const theirs = await writeCertificate(providerKeys, folder, 'lemonldap');
  const ours = await writeCertificate(ownKeys, folder, 'grantway');
  const port = await freePort();
  const portal = portalAddress(port);
  const role = (login: string, groups: readonly string[]) => ({
    login: `app_${login}`,
    password: `env:TEST_${login.toUpperCase()}`,
    allow: { groups },
  });
  const gateway = await startGateway({
    config: {
      signIn: {
        local: {},
        corp: {
          kind: 'saml',
          label: 'LemonLDAP',
          entityId: `${portal}saml/metadata`,
          signInUrl: `${portal}saml/singleSignOn`,
          signOutUrl: `${portal}saml/singleLogout`,
          signOutEndsSessions: true,
          certificates: [theirs.certificate],
          keyPair: { certificate: ours.certificate, privateKey: 'env:SAML_KEY' },
        },
      },
    },
    database: {
      roles: {
        admin: role('admin', ['timelords']),
        readwrite: role('readwrite', ['earthlings']),
        readonly: role('readonly', ['users']),
      },
    },
    env: { SAML_KEY: ownKeys.privateKey },
  });
  started.defer(() => gateway.stop());
  const metadata = await (await fetch(`${gateway.issuer}/sign-in/metadata/corp`)).text();
  const provider = await startLemonLdap(port, samlSettings(providerKeys, metadata));
  started.defer(() => provider.stop());
  const browser = await startChromium();
  started.defer(() => browser.close());

  const checkLogged = checkOf(lemonldapPackages, { gateway: gateway.log, provider: provider.log });
  const check = (title: string, name: string, run: (somebody: Visitor) => Promise<void>) =>
    checkLogged(title, async () => {
      const somebody = await visitor(browser, gateway, asDemo(name));
      await run(somebody);
      await somebody.leave();
    });
  const reaches = (name: string, login: string) =>
    check(`its ${name} reaches PostgreSQL as ${login}`, name, async (somebody) =>
      equal(await somebody.sessionUser('db:authdb'), login),
    );
  const running = started.move();
  return {
    checks: [
      reaches('dwho', 'app_admin'),
      reaches('rtyler', 'app_readwrite'),

      check('who signs out here is signed out there, and comes back', 'dwho', async (somebody) => {
        await somebody.signIn();
        await somebody.signOut();
        await somebody.isAskedThere();
      }),

      check('who signs out there has nothing here any more', 'rtyler', async (somebody) => {
        const { accessToken } = await somebody.letIn('db:authdb');
        const live = await liveSession(gateway, accessToken);
        await somebody.page.goto(`${portal}?logout=1`);
        match(await live.ended(15), /you signed out at your identity provider/);
        match((await psql(gateway, { token: accessToken }, 'select 1')).stderr, /not valid any more/);
        equal(await somebody.isSignedIn(), false);
      }),
    ],
    stop: () => running.disposeAsync(),
  };
}

function samlSettings(keys: CertificatePair, metadata: string): Readonly<Record<string, unknown>> {
  const option = 'samlSPMetaDataOptions';
  return {
    issuerDBSAMLActivation: 1,
    samlServicePrivateKeySig: keys.privateKey,
    samlServicePublicKeySig: keys.certificate,
    samlSPMetaDataXML: { grantway: { samlSPMetaDataXML: metadata } },
    // By the name of the session's variable: whether it must be there, and what the assertion calls it.
    samlSPMetaDataExportedAttributes: { grantway: { groups: '0;groups', cn: '0;displayName' } },
    samlSPMetaDataOptions: {
      grantway: {
        [`${option}NameIDFormat`]: 'persistent',
        [`${option}CheckSSOMessageSignature`]: 1,
        [`${option}CheckSLOMessageSignature`]: 1,
        [`${option}SignSSOMessage`]: 1,
        [`${option}SignSLOMessage`]: 1,
      },
    },
  };
}
