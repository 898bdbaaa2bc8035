import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OpenIdProvider, startOpenIdProvider } from '../../../../../tests/support/openid-provider.ts';
import { signedInAt } from '../../../../../tests/support/signed-in-at.ts';
import type { IdentityToken } from '../../core/index.ts';
import type { ProviderLink, ProviderSession, WantedToken } from '../sign-in-method.ts';

const audience = 'https://warehouse.example';
const wanted: WantedToken = { token: 'access', audience };

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
    ({ link, session } = await signedInAt(provider));
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
    const kept = await signedInAt(provider, () => Date.now() + ahead);
    ahead = 7_200_000;
    const { answer } = await kept.link.tokenFor('ann', kept.session, wanted);
    expect(answer).toMatchObject({ outcome: 'unsuitable', detail: expect.stringMatching(/ended already/) });
  });

  test('that is down is unavailable', async () => {
    provider.down = true;
    expect(await link.tokenFor('ann', session, wanted)).toMatchObject({ answer: { outcome: 'unavailable' } });
  });

  test('that does not know the session any more gives none', async () => {
    await signedInAt(provider);
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
    const { link, session } = await signedInAt(provider);
    const { answer } = await link.tokenFor('ann', session, wanted);
    expect(answer).toMatchObject({ outcome: 'unsuitable', detail: expect.stringMatching(/no JWT/) });
  } finally {
    await provider.stop();
  }
});
