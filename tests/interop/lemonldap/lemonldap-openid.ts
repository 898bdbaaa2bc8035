import { generateKeyPairSync } from 'node:crypto';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startChromium } from '../../support/chromium.ts';
import { startGateway } from '../../support/gateway.ts';
import type { InteropCheck, InteropSuite, StartedChecks } from '../interop.ts';
import { visitor } from '../visitor.ts';
import { asDemo, lemonldapPackages, portalAddress, startLemonLdap } from './lemonldap.ts';

/** An OpenID provider that nobody here wrote, in a real browser. */
export const lemonldapOpenId: InteropSuite = { name: 'lemonldap', needs: [lemonldapPackages], start };

async function start(): Promise<StartedChecks> {
  await using started = new AsyncDisposableStack();
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const port = await freePort();
  const secret = newId();
  const provider = await startLemonLdap(port, openIdSettings(`${issuer}/sign-in/callback/corp`, secret));
  started.defer(() => provider.stop());
  const browser = await startChromium();
  started.defer(() => browser.close());
  const role = (login: string, groups?: readonly string[]) => ({
    login: `app_${login}`,
    password: `env:TEST_${login.toUpperCase()}`,
    allow: groups === undefined ? 'everyone' : { groups },
  });
  const gateway = await startGateway({
    issuer,
    config: {
      signIn: {
        local: {},
        corp: {
          kind: 'oidc',
          label: 'LemonLDAP',
          issuer: portalAddress(port),
          clientId: 'grantway',
          clientSecret: 'env:CORP_SECRET',
          secondFactor: { acr: ['loa-4', 'loa-5'] },
        },
      },
    },
    database: {
      roles: {
        admin: { ...role('admin', ['timelords']), require: { signInWithin: '15m' } },
        readwrite: role('readwrite', ['earthlings']),
        readonly: { ...role('readonly'), require: { factor: true } },
      },
    },
    env: { CORP_SECRET: secret },
  });
  started.defer(() => gateway.stop());

  const check = (title: string, name: string, scope: string, expected: string): InteropCheck => ({
    title,
    needs: lemonldapPackages,
    run: async () => {
      const somebody = await visitor(browser, gateway, asDemo(name));
      const user = await somebody.sessionUser(scope);
      await somebody.leave();
      if (!user.includes(expected)) throw new Error(`${user} instead of ${expected}\n${provider.log()}`);
    },
  });
  const running = started.move();
  return {
    checks: [
      check('its people reach PostgreSQL as the role of their group', 'rtyler', 'db:authdb', 'app_readwrite'),
      check('it says when they signed in, which a role may ask about', 'dwho', 'db:authdb', 'app_admin'),
      check(
        'what it calls a password is no second factor',
        'msmith',
        'db:authdb:readonly',
        'Set up a second factor',
      ),
    ],
    stop: () => running.disposeAsync(),
  };
}

function openIdSettings(redirectUri: string, secret: string): Readonly<Record<string, unknown>> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const option = 'oidcRPMetaDataOptions';
  return {
    issuerDBOpenIDConnectActivation: 1,
    oidcServicePrivateKeySig: privateKey,
    oidcServicePublicKeySig: publicKey,
    oidcServiceKeyIdSig: 'signing',
    oidcServiceAllowAuthorizationCodeFlow: 1,
    oidcRPMetaDataExportedVars: { grantway: { name: 'cn', email: 'mail', groups: 'groups;string;always' } },
    oidcRPMetaDataOptions: {
      grantway: {
        [`${option}ClientID`]: 'grantway',
        [`${option}ClientSecret`]: secret,
        [`${option}RedirectUris`]: redirectUri,
        [`${option}IDTokenSignAlg`]: 'RS256',
        [`${option}IDTokenForceClaims`]: 1,
        [`${option}BypassConsent`]: 1,
        [`${option}RequirePKCE`]: 1,
        [`${option}UserIDAttr`]: 'uid',
      },
    },
    oidcRPMetaDataOptionsExtraClaims: { grantway: { profile: 'name groups' } },
  };
}
