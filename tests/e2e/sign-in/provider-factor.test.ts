import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthorizationRequest, startGateway, type TestGateway } from '../../support/gateway.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../../support/openid-provider.ts';
import type { Departure, Page, Person } from '../../support/person.ts';
import { psql } from '../../support/psql.ts';
import { type SampleRole, sampleRoles } from '../../support/sample-database.ts';
import { startTokenIssuer, type TokenIssuer } from '../../support/token-issuer.ts';

let provider: OpenIdProvider;
let issuer: TokenIssuer;
let gateway: TestGateway;
beforeAll(async () => {
  [provider, issuer] = await Promise.all([startOpenIdProvider(), startTokenIssuer()]);
  const corp = {
    kind: 'oidc',
    label: 'Example Corp',
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: 'env:CORP_SECRET',
  };
  gateway = await startGateway({
    config: {
      signIn: {
        local: {},
        corp: { ...corp, secondFactor: { amr: ['mfa'], acr: ['phr'] } },
        ci: {
          kind: 'oidc',
          issuer: issuer.issuer,
          clientId: 'grantway',
          directTokens: true,
          secondFactor: { amr: ['mfa'] },
        },
      },
    },
    database: {
      roles: {
        readwrite: { ...role('readwrite'), allow: 'everyone', require: { factor: true } },
        readonly: { ...role('readonly'), allow: 'everyone' },
        admin: { ...role('admin'), allow: { groups: ['admin'] }, require: { signInWithin: '15m' } },
      },
    },
    env: { CORP_SECRET: provider.clientSecret },
  });
  provider.sendBackTo(`${gateway.issuer}/sign-in/callback/corp`);
});
afterAll(async () => {
  await gateway?.stop();
  await Promise.all([provider?.stop(), issuer?.stop()]);
});

function role(name: SampleRole) {
  return { login: sampleRoles[name].login, password: `env:TEST_${name.toUpperCase()}` };
}

async function page(reached: Promise<Page | Departure>): Promise<Page> {
  const end = await reached;
  if (end.kind !== 'page') throw new Error(`led away to ${end.to}`);
  return end;
}

/** Follows a link of the page to the provider, and comes back; also what the provider was asked. */
async function throughProvider(person: Person, from: Page, link: string) {
  const href = new RegExp(`href="([^"]+)">${link} Example Corp<`).exec(from.html)?.[1];
  if (href === undefined) throw new Error(`no such link:\n${from.html}`);
  const there = await person.open(new URL(href.replaceAll('&amp;', '&'), from.url));
  if (there.kind === 'page') throw new Error(`not sent to the provider:\n${there.html}`);
  return { asked: there.to.searchParams, back: person.open(await provider.visit(there.to)) };
}

async function sessionUser(request: AuthorizationRequest, back: Page | Departure): Promise<string> {
  if (back.kind === 'page') throw new Error(`no code:\n${back.html}`);
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: request.clientId,
    code: back.to.searchParams.get('code') ?? '',
    code_verifier: request.verifier,
    redirect_uri: request.redirectUri,
  });
  const { stdout } = await psql(gateway, { token: String(body.access_token) }, 'select session_user');
  return stdout;
}

describe('a role that demands a second factor, for somebody of a provider', () => {
  test('is met by what the provider says, which is asked for it', async () => {
    provider.person = { sub: 'u-1', name: 'Jane' };
    provider.signInWords = { amr: ['pwd'] };
    const person = gateway.person('viewer');
    const request = gateway.request({ scope: 'db:authdb:readwrite' });
    const first = await throughProvider(person, await page(person.open(request.url)), 'Sign in with');
    expect(first.asked.has('acr_values')).toBe(false);
    const demanded = await page(first.back);
    expect(demanded.html).toContain('The role readwrite of authdb asks for a second factor.');

    provider.signInWords = { amr: ['pwd', 'otp'] };
    // A new sign-in, since without the provider's word an app would be set up here.
    const without = await throughProvider(person, demanded, 'Sign in with');
    expect([without.asked.get('acr_values'), without.asked.get('prompt')]).toEqual(['phr', 'login']);
    const again = await page(without.back);
    expect(again.html).toContain('The role readwrite of authdb asks for a second factor.');

    provider.signInWords = { acr: 'phr' };
    const consent = await page((await throughProvider(person, again, 'Prove it at')).back);
    const end = await person.submit(consent, { decision: 'allow' });
    expect(await sessionUser(request, end)).toBe('app_readwrite');
  });

  test('sends them to sign in anew where the sign-in must be fresh, and believes the time that the provider says', async () => {
    provider.person = { sub: 'u-2', name: 'Joe', groups: ['admin'] };
    provider.signInWords = {};
    const person = gateway.person('viewer');
    const request = gateway.request({ scope: 'db:authdb:admin' });
    const first = await throughProvider(person, await page(person.open(request.url)), 'Sign in with');
    expect(first.asked.has('max_age')).toBe(false);
    const demanded = await page(first.back);
    expect(demanded.html).toContain('asks for a sign-in not older than 15 minutes');

    const anew = await throughProvider(person, demanded, 'Sign in with');
    expect([anew.asked.get('prompt'), anew.asked.get('max_age')]).toEqual(['login', '900']);
    const end = await person.submit(await page(anew.back), { decision: 'allow' });
    expect(await sessionUser(request, end)).toBe('app_admin');
  });

  test('lets them change their own factors after a sign-in that the provider asked for anew, and not after another', async () => {
    provider.person = { sub: 'u-3', name: 'Jim' };
    const person = gateway.person('viewer');
    await page((await throughProvider(person, await page(person.open('/sign-in')), 'Sign in with')).back);
    const before = await page(person.open('/factors'));
    expect(before.html).not.toContain('href="/factors/app"');
    const link = /href="([^"]+)">sign in again</.exec(before.html)?.[1] ?? '';
    const anew = await throughProvider(person, await page(person.open(link)), 'Sign in with');
    expect([anew.asked.get('prompt'), anew.asked.get('max_age')]).toEqual(['login', '900']);
    await page(anew.back);
    expect((await page(person.open('/factors'))).html).toContain('href="/factors/app"');
  });

  test('is met at a door by a token of the provider that says so, and by no other', async () => {
    const claims = { sub: 'jane', aud: 'grantway' };
    const refused = await psql(gateway, { token: await issuer.sign(claims) }, 'select session_user');
    expect(refused.stderr).toContain('The role "readwrite" asks for a second factor.');
    const other = await issuer.sign({ ...claims, acr: 'phr', amr: ['otp'] });
    expect((await psql(gateway, { token: other }, 'select 1')).code).toBe(2);
    const token = await issuer.sign({ ...claims, amr: ['pwd', 'mfa'] });
    expect((await psql(gateway, { token }, 'select session_user')).stdout).toBe('app_readwrite');
  });
});
