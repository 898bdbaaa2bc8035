import { equal, match } from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { psql } from '../../support/psql.ts';
import { startExampleGateway } from '../example.ts';
import { checkOf, type InteropCheck } from '../interop.ts';
import { type LetIn, liveSession, type Visitor, visitor } from '../visitor.ts';
import { asKeycloak, type Keycloak, keycloakPrograms } from './keycloak.ts';

/** In a real browser, with the method and roles of `examples/keycloak/grantway.yaml` in a gateway at `issuer`. */
export async function openIdChecks(
  provider: Keycloak,
  issuer: string,
  browser: Browser,
  started: AsyncDisposableStack,
): Promise<readonly InteropCheck[]> {
  const addresses = { 'http://127.0.0.1:8080': provider.origin };
  const env = { KEYCLOAK_SECRET: provider.clientSecret };
  const gateway = await startExampleGateway('keycloak/grantway.yaml', addresses, { issuer, env });
  started.defer(() => gateway.stop());
  const checkLogged = checkOf(keycloakPrograms, { gateway: gateway.log, provider: provider.log });
  const check = (title: string, name: string, run: (somebody: Visitor) => Promise<void>) =>
    checkLogged(title, async () => {
      const somebody = await visitor(browser, gateway, asKeycloak(name));
      await run(somebody);
      await somebody.leave();
    });
  const reaches = (name: string, login: string) =>
    check(`its ${name} reaches PostgreSQL as ${login}`, name, async (somebody) =>
      equal(await somebody.sessionUser('db:authdb'), login),
    );
  const refreshed = async ({ refreshToken }: LetIn) =>
    (
      await gateway.post('token', {
        grant_type: 'refresh_token',
        client_id: 'app',
        refresh_token: refreshToken,
      })
    ).body;

  return [
    reaches('admin', 'gw_admin'),
    reaches('editor', 'gw_readwrite'),
    reaches('viewer', 'gw_readonly'),

    check(
      'who is signed out by an administrator there has nothing here any more',
      'viewer',
      async (somebody) => {
        const held = await somebody.letIn('db:authdb');
        const live = await liveSession(gateway, held.accessToken);
        await provider.admin.signOut('viewer');
        match(await live.ended(5), /you signed out at your identity provider/);
        match((await psql(gateway, { token: held.accessToken }, 'select 1')).stderr, /not valid any more/);
        equal((await refreshed(held)).error, 'invalid_grant');
        equal(await somebody.isSignedIn(), false);
      },
    ),

    check('who signs out there has nothing here any more', 'viewer', async (somebody) => {
      const held = await somebody.letIn('db:authdb');
      const live = await liveSession(gateway, held.accessToken);
      await somebody.page.goto(`${provider.origin}/realms/example/protocol/openid-connect/logout`);
      await somebody.page.locator('#kc-logout').click();
      match(await live.ended(5), /you signed out at your identity provider/);
    }),

    check('who signs out here is signed out there, and comes back', 'viewer', async (somebody) => {
      await somebody.signIn();
      await somebody.signOut();
      await somebody.isAskedThere();
    }),

    check(
      'who is moved to another group there loses the role here, live session included',
      'editor',
      async (somebody) => {
        const held = await somebody.letIn('db:authdb:readwrite');
        const live = await liveSession(gateway, held.accessToken);
        await provider.admin.moveTo('editor', 'viewer');
        try {
          equal((await refreshed(held)).error, 'invalid_scope');
          match(await live.ended(15), /your groups changed/);
        } finally {
          await provider.admin.moveTo('editor', 'editor');
        }
      },
    ),

    check('whose account is switched off there has nothing here any more', 'admin', async (somebody) => {
      const held = await somebody.letIn('db:authdb');
      const live = await liveSession(gateway, held.accessToken);
      await provider.admin.enable('admin', false);
      try {
        equal((await refreshed(held)).error, 'invalid_grant');
        match(await live.ended(15), /your session at the identity provider ended/);
      } finally {
        await provider.admin.enable('admin', true);
      }
    }),
  ];
}
