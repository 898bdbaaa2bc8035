import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startChromium } from '../../support/chromium.ts';
import { startGateway } from '../../support/gateway.ts';
import { type InteropCheck, type InteropSuite, type StartedChecks, systemPrograms } from '../interop.ts';
import { visitor, type WayIn } from '../visitor.ts';
import { startLemonLdap } from './lemonldap.ts';

const debianPackages = systemPrograms(
  'LemonLDAP::NG of Debian',
  [
    ['LemonLDAP::NG', '/usr/share/lemonldap-ng/portal/htdocs', 'liblemonldap-ng-portal-perl'],
    ['Plack', '/usr/bin/plackup', 'lemonldap-ng-fastcgi-server'],
    ['String::Random', '/usr/share/perl5/String/Random.pm', 'libstring-random-perl'],
  ].map(([name = '', file = '', debian = '']) => ({
    name,
    purpose: 'a provider that nobody here wrote',
    probe: ['test', '-e', file] as const,
    debian,
    macos: 'none in this version',
  })),
);

/**
 * An OpenID provider that nobody here wrote, in a real browser. Fifty Debian packages are too much for `npm test`.
 */
export const lemonldap: InteropSuite = { name: 'lemonldap', needs: [debianPackages], start };

async function start(): Promise<StartedChecks> {
  await using started = new AsyncDisposableStack();
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const provider = await startLemonLdap(`${issuer}/sign-in/callback/corp`);
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
          issuer: provider.issuer,
          clientId: provider.clientId,
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
    env: { CORP_SECRET: provider.clientSecret },
  });
  started.defer(() => gateway.stop());

  const check = (title: string, name: string, scope: string, expected: string): InteropCheck => ({
    title,
    needs: debianPackages,
    run: async () => {
      const somebody = await visitor(browser, gateway, as(name));
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

function as(name: string): WayIn {
  return {
    label: 'LemonLDAP',
    there: async (page) => {
      await page.locator('#userfield').fill(name);
      await page.locator('#passwordfield').fill(name);
      await page.locator('#lform button[type=submit]').click();
    },
  };
}
