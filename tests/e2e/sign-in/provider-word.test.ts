import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../../support/openid-provider.ts';
import type { Person } from '../../support/person.ts';
import { psql } from '../../support/psql.ts';
import { signInAtProvider } from '../../support/sign-in-at-provider.ts';
import { sleepers, sleepingSession } from '../../support/sleeping-session.ts';

/** Each of its programs takes seconds to start on a busy machine, and they start one after the other. */
const manyPrograms = { timeout: 90_000 };

let provider: OpenIdProvider;
let gateway: TestGateway;
beforeAll(async () => {
  provider = await startOpenIdProvider();
  const method = {
    kind: 'oidc',
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: 'env:CORP_SECRET',
  };
  gateway = await startGateway({
    config: { signIn: { local: {}, corp: { ...method, rereadEvery: '1s' } } },
    env: { CORP_SECRET: provider.clientSecret },
  });
  provider.sendBackTo(`${gateway.issuer}/sign-in/callback/corp`);
});
afterAll(async () => {
  await gateway?.stop();
  await provider?.stop();
});
beforeEach(() => {
  provider.down = false;
});

const signIn = (sub: string, groups: readonly string[], scope?: string) =>
  signInAtProvider(gateway, provider, { sub, name: sub, groups }, scope);

function refresh(refreshToken: string) {
  return gateway.post('token', {
    grant_type: 'refresh_token',
    client_id: 'app',
    refresh_token: refreshToken,
  });
}

const sleepForever = (token: string, seconds: number) => sleepingSession(gateway, token, seconds);
const sleeping = (seconds: number) => sleepers(gateway, seconds);

async function isSignedIn(person: Person): Promise<boolean> {
  const page = await person.open('/');
  return page.kind === 'page' && page.html.includes('Your databases</h1>');
}

describe('a logout at the provider', () => {
  test(
    'ends the browser session, the tokens and the live sessions of that person, and of nobody else',
    manyPrograms,
    async () => {
      const other = await signIn('other', ['viewer']);
      const { person, accessToken, refreshToken } = await signIn('leaver', ['viewer']);
      const session = await sleepForever(accessToken, 601);
      expect(await isSignedIn(person)).toBe(true);

      expect(await provider.signOut('leaver')).toBe(200);
      expect((await session.end).stderr).toContain('you signed out at your identity provider');
      expect((await psql(gateway, { token: accessToken }, 'SELECT 1')).code).toBe(2);
      expect((await refresh(refreshToken)).body).toMatchObject({ error: 'invalid_grant' });
      expect(await isSignedIn(person)).toBe(false);
      expect(await psql(gateway, { token: other.accessToken }, 'SELECT 1')).toMatchObject({
        stdout: '1',
        stderr: '',
      });
      const { stdout } = await gateway.operator('audit', 'tail', '--json');
      expect(stdout).toMatch(
        /"type":"revoked".*"kind":"person".*"subject":"corp:leaver".*"by":"provider:corp"/,
      );
    },
  );

  test('counts once: whoever signs in again afterwards stays', async () => {
    await signIn('leaver', ['viewer']);
    expect(await provider.signOut('leaver')).toBe(200);
    const again = await signIn('leaver', ['viewer']);
    expect((await psql(gateway, { token: again.accessToken }, 'SELECT 1')).stdout).toBe('1');
    const replay = await post({ logout_token: provider.lastLogoutToken() });
    expect(replay.status).toBe(400);
    expect((await psql(gateway, { token: again.accessToken }, 'SELECT 1')).stdout).toBe('1');
  });

  test('that names a session alone ends what the person of that session has, and nobody else', async () => {
    const { person, accessToken } = await signIn('by-session', ['viewer']);
    expect(await provider.signOutLastSession()).toBe(200);
    const [, claims = ''] = provider.lastLogoutToken().split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).not.toHaveProperty('sub');
    expect((await psql(gateway, { token: accessToken }, 'SELECT 1')).code).toBe(2);
    expect(await isSignedIn(person)).toBe(false);
  });

  test('of somebody who never came here is taken, and changes nothing', async () => {
    expect(await provider.signOut('stranger')).toBe(200);
  });

  test.each<readonly [string, Record<string, string>, string]>([
    ['no token', {}, 'corp'],
    ['nonsense', { logout_token: 'a.b.c' }, 'corp'],
    ['an unknown method', { logout_token: 'a.b.c' }, 'nobody'],
    ['a method without a provider', { logout_token: 'a.b.c' }, 'local'],
  ])('with %s is refused', async (_, form, method) => {
    const answer = await post(form, method);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
  });

  function post(form: Record<string, string>, method = 'corp'): Promise<Response> {
    const body = new URLSearchParams(form);
    return fetch(`${gateway.issuer}/sign-out/back-channel/${method}`, { method: 'POST', body });
  }
});

describe('somebody who signs out here', () => {
  test('is sent to sign out at the provider, with its own ID token as the hint, and comes back', async () => {
    const { person } = await signIn('walker', ['viewer']);
    const home = await person.home();
    const page = await person.press(home, /^\/sign-out$/);
    if (page.kind === 'departure') throw new Error(`sent away without a page: ${page.to}`);
    const address = /href="([^"]+)">Sign out at/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const there = new URL(address);
    expect(there.origin).toBe(provider.issuer);
    expect(there.searchParams.get('id_token_hint')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const asked = await fetch(there);
    expect(asked.status).toBe(200);
    expect(await isSignedIn(person)).toBe(false);
    const back = await person.open(there.searchParams.get('post_logout_redirect_uri') ?? '');
    expect(back).toMatchObject({ html: expect.stringContaining('You are signed out.') });
  });
});

describe('G07 groups that changed at the provider', () => {
  test('count at the next refresh', async () => {
    const { refreshToken } = await signIn('mover', ['editor']);
    provider.person = { sub: 'mover', name: 'mover', groups: ['viewer'] };
    const { body } = await refresh(refreshToken);
    expect(body).toMatchObject({ role: 'readonly' });
  });

  test('refuse the refresh of a token for a role that is gone', async () => {
    const { refreshToken } = await signIn('fallen', ['editor'], 'db:authdb:readwrite');
    provider.person = { sub: 'fallen', name: 'fallen', groups: ['viewer'] };
    expect((await refresh(refreshToken)).body).toMatchObject({ error: 'invalid_scope' });
  });

  test(
    'end the live sessions of the role that is gone, and leave those of the person’s other roles',
    manyPrograms,
    async () => {
      const written = await signIn('demoted', ['editor'], 'db:authdb:readwrite');
      const reading = await signIn('demoted', ['editor'], 'db:authdb:readonly');
      const ends = await sleepForever(written.accessToken, 602);
      const stays = await sleepForever(reading.accessToken, 603);
      provider.person = { sub: 'demoted', name: 'demoted', groups: ['viewer'] };
      expect((await ends.end).stderr).toContain('your groups changed');
      expect(await sleeping(603)).toBe(1);
      expect((await psql(gateway, { token: written.accessToken }, 'SELECT 1')).stderr).toContain(
        'role_not_granted',
      );
      await gateway.operator('users', 'disable', 'corp:demoted');
      await stays.end;
    },
  );

  test('end everything when the provider does not know the person any more, until they sign in again', async () => {
    const { accessToken, refreshToken, person } = await signIn('gone', ['viewer']);
    const session = await sleepForever(accessToken, 604);
    provider.person = undefined;
    expect((await session.end).stderr).toContain('your session at the identity provider ended');
    expect((await refresh(refreshToken)).body).toMatchObject({ error: 'invalid_grant' });
    expect(await isSignedIn(person)).toBe(false);
  });

  test('are not known while the provider is down: its last word stands for now', async () => {
    const { accessToken, refreshToken } = await signIn('patient', ['editor']);
    provider.down = true;
    expect((await refresh(refreshToken)).body).toMatchObject({ role: 'readwrite' });
    expect((await psql(gateway, { token: accessToken }, 'SELECT session_user')).stdout).toBe('app_readwrite');
  });
});

test('what the provider gave is nowhere in the clear: not in the data folder, not in the log', async () => {
  await signIn('sealed', ['viewer']);
  const files = await readdir(gateway.dataDir, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  );
  expect(texts.length).toBeGreaterThan(1);
  for (const text of [...texts, gateway.log()]) expect(text).not.toMatch(/eyJ[\w-]{20,}\.eyJ[\w-]{20,}\./);
});
