import { generateKeyPairSync } from 'node:crypto';
import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { chooseServerAccount } from '../../../packages/server/src/demo/server-account.ts';
import { startProvider } from '../provider-process.ts';

/** A real OpenID provider: Debian's LemonLDAP::NG, with its demonstration accounts (`dwho`, whose password is that, too). */
export interface LemonLdap {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What it wrote, for a check that failed. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts it on loopback, for a gateway whose redirect URI is known. */
export async function startLemonLdap(redirectUri: string): Promise<LemonLdap> {
  const directory = await mkdtemp(join(tmpdir(), 'grantway-lemonldap-'));
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}/`;
  const client = { id: 'grantway', secret: newId() };
  for (const folder of ['conf', 'sessions', 'lasting', 'locks', 'cache'])
    await mkdir(join(directory, folder));
  await writeFile(join(directory, 'portal.ini'), settings(directory));
  const configuration = JSON.stringify(configurationOf(directory, issuer, client, redirectUri));
  await writeFile(join(directory, 'conf/lmConf-1.json'), configuration);
  const account = await chooseServerAccount(tmpdir());
  if (account !== undefined) {
    const files = await readdir(directory, { recursive: true });
    for (const file of ['', ...files]) await chown(join(directory, file), account.uid, account.gid);
  }
  const portal = await startProvider({
    title: 'LemonLDAP::NG',
    command: [
      'plackup',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--access-log',
      '/dev/null',
      join(import.meta.dirname, 'app.psgi'),
    ],
    env: { LLNG_DEFAULTCONFFILE: join(directory, 'portal.ini') },
    folder: directory,
    answersAt: `${issuer}.well-known/openid-configuration`,
    withinSeconds: 30,
    account,
  });

  return {
    issuer,
    clientId: client.id,
    clientSecret: client.secret,
    log: portal.log,
    async stop() {
      await portal.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function settings(directory: string): string {
  return `[all]
logLevel = warn
[configuration]
type = File
dirName = ${directory}/conf
localStorage = Cache::FileCache
localStorageOptions = ${cacheOptions(directory)}
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
`;
}

function cacheOptions(directory: string): string {
  return `{ 'namespace' => 'configuration', 'default_expires_in' => 600, 'cache_root' => '${directory}/cache' }`;
}

function configurationOf(
  directory: string,
  issuer: string,
  client: { readonly id: string; readonly secret: string },
  redirectUri: string,
): object {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const keptIn = (folder: string) => ({
    Directory: join(directory, folder),
    LockDirectory: join(directory, 'locks'),
    generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
  });
  const option = 'oidcRPMetaDataOptions';
  return {
    cfgNum: 1,
    cfgAuthor: 'tests',
    cfgDate: 1,
    cfgVersion: '2.16.1',
    key: newId(),
    domain: '127.0.0.1',
    portal: issuer,
    cookieName: 'lemonldap',
    securedCookie: 0,
    authentication: 'Demo',
    userDB: 'Demo',
    passwordDB: 'Demo',
    registerDB: 'Null',
    captcha: '::Captcha::None',
    demoExportedVars: { cn: 'cn', mail: 'mail', uid: 'uid' },
    whatToTrace: 'uid',
    locationRules: { '127.0.0.1': { default: 'accept' } },
    globalStorage: 'Apache::Session::File',
    globalStorageOptions: keptIn('sessions'),
    persistentStorage: 'Apache::Session::File',
    persistentStorageOptions: keptIn('lasting'),
    localSessionStorage: 'Cache::FileCache',
    localSessionStorageOptions: {
      namespace: 'sessions',
      default_expires_in: 600,
      cache_root: `${directory}/cache`,
    },
    issuerDBOpenIDConnectActivation: 1,
    oidcServicePrivateKeySig: privateKey,
    oidcServicePublicKeySig: publicKey,
    oidcServiceKeyIdSig: 'signing',
    oidcServiceAllowAuthorizationCodeFlow: 1,
    oidcRPMetaDataExportedVars: { grantway: { name: 'cn', email: 'mail', groups: 'groups;string;always' } },
    oidcRPMetaDataOptions: {
      grantway: {
        [`${option}ClientID`]: client.id,
        [`${option}ClientSecret`]: client.secret,
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
