import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OpenIdProvider, startOpenIdProvider } from '../../../../../tests/support/openid-provider.ts';
import { signedInAt } from '../../../../../tests/support/signed-in-at.ts';
import type { ProviderLink, ProviderSession } from '../sign-in-method.ts';

describe('a provider that takes each refresh token once', () => {
  let provider: OpenIdProvider;
  let link: ProviderLink;
  let session: ProviderSession;
  beforeAll(async () => {
    provider = await startOpenIdProvider({ audience: 'https://warehouse.example' });
  });
  beforeEach(async () => {
    provider.down = false;
    ({ link, session } = await signedInAt(provider));
  });
  afterAll(() => provider.stop());

  test('says what groups somebody is in now, and ends the session by which it was asked before', async () => {
    provider.person = { sub: 'ann', groups: ['auditors'] };
    expect(await link.reread('ann', session)).toMatchObject({
      outcome: 'read',
      principal: { subject: 'ann', groups: ['auditors'] },
    });
    expect(await link.reread('ann', session)).toMatchObject({ outcome: 'ended' });
  });

  test.each([
    ['that cannot be used', 'ann', { sub: 'ann', groups: [{ no: 'name' }] }],
    ['that speaks of somebody else', 'ben', { sub: 'ann', groups: ['analysts'] }],
  ])('can be asked again after a word %s: the session goes on', async (_, asked, person) => {
    provider.person = person;
    const first = await link.reread(asked, session);
    if (first.outcome !== 'unavailable' || first.session === undefined)
      throw new Error(`no session came: ${JSON.stringify(first)}`);
    provider.person = { sub: 'ann', groups: ['analysts'] };
    expect(await link.reread('ann', first.session)).toMatchObject({ outcome: 'read' });
  });

  test('that is down has used nothing up', async () => {
    provider.down = true;
    expect(await link.reread('ann', session)).toEqual({ outcome: 'unavailable', detail: expect.anything() });
    provider.down = false;
    expect(await link.reread('ann', session)).toMatchObject({ outcome: 'read' });
  });
});
