import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../../packages/server/src/core/index.ts';
import { chooseServerAccount } from '../../../packages/server/src/demo/server-account.ts';
import { systemPrograms } from '../interop.ts';
import { type ProviderProcess, startProvider } from '../provider-process.ts';
import type { WayIn } from '../visitor.ts';

/** Debian's packages; fifty with those that they need, too many for `npm test`. */
export const lemonldapPackages = systemPrograms(
  'LemonLDAP::NG of Debian',
  [
    ['LemonLDAP::NG', '/usr/share/lemonldap-ng/portal/htdocs', 'liblemonldap-ng-portal-perl'],
    ['Plack', '/usr/bin/plackup', 'lemonldap-ng-fastcgi-server'],
    ['String::Random', '/usr/share/perl5/String/Random.pm', 'libstring-random-perl'],
    ['Lasso', '/usr/share/doc/liblasso-perl', 'liblasso-perl'],
    ['IO::String', '/usr/share/perl5/IO/String.pm', 'libio-string-perl'],
    ['XML::Simple', '/usr/share/perl5/XML/Simple.pm', 'libxml-simple-perl'],
  ].map(([name = '', file = '', debian = '']) => ({
    name,
    purpose: 'a provider that nobody here wrote',
    probe: ['test', '-e', file] as const,
    debian,
    macos: 'none in this version',
  })),
);

/** Where its portal is, by its port. */
export function portalAddress(port: number): string {
  return `http://127.0.0.1:${port}/`;
}

/**
 * Starts Debian's LemonLDAP::NG on loopback, with its demonstration accounts (`dwho`, whose password is that, too).
 * `settings` is what it is to applications, over what every portal has.
 */
export async function startLemonLdap(
  port: number,
  settings: Readonly<Record<string, unknown>>,
): Promise<ProviderProcess> {
  await using started = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'grantway-lemonldap-'));
  started.defer(() => rm(directory, { recursive: true, force: true }));
  for (const folder of ['conf', 'sessions', 'lasting', 'locks', 'cache'])
    await mkdir(join(directory, folder));
  await writeFile(join(directory, 'portal.ini'), portalSettings(directory));
  const configuration = { ...everyPortal(directory, port), ...settings };
  await writeFile(join(directory, 'conf/lmConf-1.json'), JSON.stringify(configuration));
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
    answersAt: portalAddress(port),
    withinSeconds: 30,
    account,
  });
  started.defer(() => portal.stop());
  const running = started.move();
  return {
    log: portal.log,
    stop: () => running.disposeAsync(),
  };
}

/** Signs in there with a demonstration account. */
export function asDemo(name: string): WayIn {
  return {
    label: 'LemonLDAP',
    asks: '#userfield',
    there: async (page) => {
      await page.locator('#userfield').fill(name);
      await page.locator('#passwordfield').fill(name);
      await page.locator('#lform button[type=submit]').click();
    },
  };
}

function portalSettings(directory: string): string {
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

function everyPortal(directory: string, port: number): Readonly<Record<string, unknown>> {
  const keptIn = (folder: string) => ({
    Directory: join(directory, folder),
    LockDirectory: join(directory, 'locks'),
    generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
  });
  return {
    cfgNum: 1,
    cfgAuthor: 'tests',
    cfgDate: 1,
    cfgVersion: '2.16.1',
    key: newId(),
    domain: '127.0.0.1',
    portal: portalAddress(port),
    cookieName: 'lemonldap',
    securedCookie: 0,
    // What it would choose for SAML browsers take with https alone.
    sameSite: 'Lax',
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
  };
}
