import { access } from 'node:fs/promises';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startChromium } from '../../support/chromium.ts';
import { appRedirect, startGateway } from '../../support/gateway.ts';
import { psql } from '../../support/psql.ts';
import type { InteropCheck, InteropNeed } from '../interop.ts';
import { startLemonLdap } from './lemonldap.ts';

const debianPackages: InteropNeed = {
  what: 'LemonLDAP::NG of Debian (apt-get install --no-install-recommends liblemonldap-ng-portal-perl lemonldap-ng-fastcgi-server libstring-random-perl)',
  isThere: async () => {
    const files = [
      '/usr/bin/plackup',
      '/usr/share/lemonldap-ng/portal/htdocs',
      '/usr/share/perl5/String/Random.pm',
    ];
    const found = await Promise.allSettled(files.map((file) => access(file)));
    return found.every(({ status }) => status === 'fulfilled');
  },
};

/** What must be on the machine. */
export const lemonldapNeeds: readonly InteropNeed[] = [debianPackages];

/**
 * An OpenID provider that nobody here wrote, in a real browser. Fifty Debian packages are too much for `npm test`.
 */
export async function lemonldapChecks(): Promise<{
  readonly checks: readonly InteropCheck[];
  readonly stop: () => Promise<void>;
}> {
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

  /** An application asks, somebody signs in there and agrees, and psql says as whom. */
  async function sessionUser(name: string, scope: string): Promise<string> {
    const page = await (await browser.newContext()).newPage();
    await page.route(`${appRedirect}**`, (route) => route.fulfill({ body: 'signed in' }));
    const asked = gateway.request({ scope });
    await page.goto(asked.url.href);
    await page.getByRole('link', { name: 'Sign in with LemonLDAP' }).click();
    await page.locator('#userfield').fill(name);
    await page.locator('#passwordfield').fill(name);
    await page.locator('#lform button[type=submit]').click();
    const heading = page.getByRole('heading', { level: 1 });
    await page.waitForURL(`${issuer}/**`);
    await heading.waitFor();
    const allow = page.getByRole('button', { name: 'Allow' });
    if ((await allow.count()) === 0) return await page.locator('main').innerText();
    await allow.click();
    await page.waitForURL(`${appRedirect}**`);
    const { body } = await gateway.post('token', {
      grant_type: 'authorization_code',
      client_id: asked.clientId,
      code: new URL(page.url()).searchParams.get('code') ?? '',
      code_verifier: asked.verifier,
      redirect_uri: asked.redirectUri,
    });
    const { stdout, stderr } = await psql(
      gateway,
      { token: String(body.access_token) },
      'select session_user',
    );
    return stdout || stderr;
  }

  const check = (title: string, name: string, scope: string, expected: string): InteropCheck => ({
    title: `LemonLDAP::NG: ${title}`,
    needs: debianPackages,
    run: async () => {
      const user = await sessionUser(name, scope);
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
