import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OpenIdProvider, startOpenIdProvider } from '../../../../../tests/support/openid-provider.ts';
import type { OidcConfig } from '../../config/index.ts';
import { type IdentityToken, Secret, systemClock } from '../../core/index.ts';
import type { ProviderLink, ProviderSession, WantedToken } from '../sign-in-method.ts';
import { oidcMethod } from './oidc-method.ts';

const redirectUri = 'http://127.0.0.1:9/sign-in/callback/corp';
const audience = 'https://warehouse.example';
const wanted: WantedToken = { token: 'access', audience };

/** Somebody signs in; gives what Grantway keeps of it, and the line to the provider. */
async function signIn(provider: OpenIdProvider, now = Date.now) {
  provider.sendBackTo(redirectUri);
  provider.person = { sub: 'ann', groups: ['analysts'] };
  const config: OidcConfig = {
    kind: 'oidc',
    name: 'corp',
    label: 'corp',
    issuer: provider.issuer,
    clientId: provider.clientId,
    scopes: ['groups', 'warehouse'],
    claims: { groups: ['groups'], others: {} },
    signInEveryMs: 86_400_000,
    rereadEveryMs: 900_000,
  };
  const secret = async () => new Secret(provider.clientSecret);
  const method = oidcMethod({ config, secret, redirectUri, clock: { ...systemClock, now } });
  const begun = await method.begin();
  if (begun.outcome !== 'redirect') throw new Error(`not begun: ${begun.detail}`);
  const proven = await method.finish(await provider.visit(begun.location), begun.memory);
  if (proven.outcome !== 'proven' || proven.atProvider === undefined || method.afterwards === undefined)
    throw new Error(`not signed in: ${JSON.stringify(proven)}`);
  return { link: method.afterwards, session: proven.atProvider };
}

function tokenIn(answer: IdentityToken): string {
  if (answer.outcome !== 'given') throw new Error(`no token: ${JSON.stringify(answer)}`);
  return answer.token.reveal();
}

describe('a provider that issues tokens for the database', () => {
  let provider: OpenIdProvider;
  let link: ProviderLink;
  let session: ProviderSession;
  beforeAll(async () => {
    provider = await startOpenIdProvider({ audience });
  });
  beforeEach(async () => {
    provider.down = false;
    provider.tokenSeconds = 600;
    ({ link, session } = await signIn(provider));
  });
  afterAll(() => provider.stop());

  const verified = (token: string, meantFor: string) =>
    jwtVerify(token, createRemoteJWKSet(new URL('/jwks', provider.issuer)), {
      issuer: provider.issuer,
      audience: meantFor,
    });

  test('gives an access token of the person that its keys prove', async () => {
    const { answer } = await link.tokenFor('ann', session, wanted);
    const { payload } = await verified(tokenIn(answer), audience);
    expect(payload.sub).toBe('ann');
    expect(answer).toMatchObject({ expiresAt: Number(payload.exp) * 1000 });
  });

  test('is asked for the scopes that the database needs', async () => {
    const { answer } = await link.tokenFor('ann', session, { ...wanted, scopes: ['warehouse'] });
    expect((await verified(tokenIn(answer), audience)).payload.scope).toBe('warehouse');
  });

  test('gives an ID token where that is what the database takes', async () => {
    const { answer } = await link.tokenFor('ann', session, { token: 'id', audience: provider.clientId });
    const { payload } = await verified(tokenIn(answer), provider.clientId);
    expect(payload).toMatchObject({ sub: 'ann', groups: ['analysts'] });
  });

  test('takes each refresh token once, and is asked the next time by the one that came with the token', async () => {
    const first = await link.tokenFor('ann', session, wanted);
    if (first.session === undefined) throw new Error('no session came with the token');
    expect((await link.tokenFor('ann', first.session, wanted)).answer.outcome).toBe('given');
    expect(await link.tokenFor('ann', session, wanted)).toMatchObject({ answer: { outcome: 'none' } });
  });

  const unsuitable: readonly [what: string, wanted: WantedToken, subject: string, detail: RegExp][] = [
    ['that is meant for somebody else', { ...wanted, audience: 'https://x.example' }, 'ann', /not meant for/],
    ['that comes with an ID token of somebody else', wanted, 'ben', /somebody else/],
    [
      'where no ID token comes',
      { token: 'id', audience, scopes: ['warehouse'] },
      'ann',
      /no ID token at a refresh/,
    ],
    [
      'with a scope that the sign-in did not get',
      { ...wanted, scopes: ['email'] },
      'ann',
      /^invalid_scope: /,
    ],
  ];
  test.each(unsuitable)('gives no token %s', async (_, asked, subject, detail) => {
    const { answer } = await link.tokenFor(subject, session, asked);
    expect(answer).toEqual({ outcome: 'unsuitable', detail: expect.stringMatching(detail) });
  });

  test('that gives a token which has ended gives none', async () => {
    let ahead = 0;
    const kept = await signIn(provider, () => Date.now() + ahead);
    ahead = 7_200_000;
    const { answer } = await kept.link.tokenFor('ann', kept.session, wanted);
    expect(answer).toMatchObject({ outcome: 'unsuitable', detail: expect.stringMatching(/ended already/) });
  });

  test('that is down is unavailable', async () => {
    provider.down = true;
    expect(await link.tokenFor('ann', session, wanted)).toMatchObject({ answer: { outcome: 'unavailable' } });
  });

  test('that does not know the session any more gives none', async () => {
    provider.sendBackTo(redirectUri);
    expect(await link.tokenFor('ann', session, wanted)).toMatchObject({ answer: { outcome: 'none' } });
  });

  test('that never gave a refresh token is not asked', async () => {
    const before = provider.tokenRequests;
    const { idToken } = session;
    expect(await link.tokenFor('ann', { idToken }, wanted)).toMatchObject({ answer: { outcome: 'none' } });
    expect(provider.tokenRequests).toBe(before);
  });
});

test('a provider whose access tokens nobody can read gives none', async () => {
  const provider = await startOpenIdProvider();
  try {
    const { link, session } = await signIn(provider);
    const { answer } = await link.tokenFor('ann', session, wanted);
    expect(answer).toMatchObject({ outcome: 'unsuitable', detail: expect.stringMatching(/no JWT/) });
  } finally {
    await provider.stop();
  }
});
