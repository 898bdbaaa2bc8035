import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IdentityTokenAccess, principalId, Secret } from '../../core/index.ts';
import type { ProviderLink, ProviderSession, RedirectMethod, TokenAnswer } from '../../identity/index.ts';
import type { Revoker } from '../revoker.ts';
import { startTestBed, type TestBed } from '../testing/index.ts';
import { createProviderWord, type ProviderWord } from './provider-word.ts';

const wanted: IdentityTokenAccess = {
  signIn: 'corp',
  token: 'access',
  audience: 'https://warehouse.example',
  idpType: 'AzureAD',
};
const ann = { method: 'corp', subject: 'ann', displayName: 'Ann', groups: ['analysts'], claims: {} };
const annId = principalId(ann);
const session = (refreshToken: string): ProviderSession => ({
  idToken: new Secret('an ID token'),
  refreshToken: new Secret(refreshToken),
});
const token: TokenAnswer['answer'] = { outcome: 'given', token: new Secret('a token'), expiresAt: 1 };

let bed: TestBed;
beforeAll(async () => {
  bed = await startTestBed();
});
afterAll(() => bed[Symbol.asyncDispose]());

function never(): never {
  throw new TypeError('nobody asks for this');
}

/** What a provider does that is asked with the refresh token which it gets; a real one cannot be stopped in the middle. */
async function wordOf(
  tokenFor: (asked: string) => Promise<TokenAnswer>,
  { link, revoker }: { readonly link?: Partial<ProviderLink>; readonly revoker?: Revoker } = {},
): Promise<ProviderWord> {
  const afterwards: ProviderLink = {
    rereadEveryMs: 60_000,
    wordCountsMs: 3_600_000,
    reread: async (_, { refreshToken }) => ({
      outcome: 'read',
      principal: { ...ann, groups: ['reread'] },
      session: (await tokenFor(refreshToken?.reveal() ?? '')).session ?? session('none'),
    }),
    tokenFor: (_, { refreshToken }) => tokenFor(refreshToken?.reveal() ?? ''),
    signOutAddress: never,
    readLogoutToken: async () => ({
      outcome: 'genuine',
      subject: ann.subject,
      tokenId: `${Math.random()}`,
      expiresAt: Date.now() + 60_000,
    }),
    ...link,
  };
  const method: RedirectMethod = {
    kind: 'redirect',
    name: 'corp',
    label: 'corp',
    attestsFactor: false,
    begin: never,
    finish: never,
    afterwards,
  };
  const { store, vault, clock, log } = bed.parts;
  const { id: _, ...seen } = { ...ann, id: annId };
  await store.people.seen({ ...seen, id: annId }, clock.now());
  return createProviderWord({
    signInMethods: [method],
    store,
    vault,
    revoker: revoker ?? bed.revoker,
    clock,
    log,
  });
}

test('a provider is asked with the refresh token that came with its last answer', async () => {
  const asked: string[] = [];
  const word = await wordOf(async (refreshToken) => {
    asked.push(refreshToken);
    return { answer: token, session: session(`${refreshToken}+`) };
  });
  await word.keep(annId, session('first'));
  for (const _ of [1, 2, 3]) expect(await word.identityToken(annId, wanted)).toBe(token);
  expect(asked).toEqual(['first', 'first+', 'first++']);
});

test('questions for one person are asked one after the other, however many come at once', async () => {
  let atOnce = 0;
  const word = await wordOf(async (refreshToken) => {
    atOnce += 1;
    expect(atOnce).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
    return { answer: token, session: session(`${refreshToken}+`) };
  });
  await word.keep(annId, session('first'));
  const answers = await Promise.all([1, 2, 3].map(() => word.identityToken(annId, wanted)));
  expect(answers.map(({ outcome }) => outcome)).toEqual(['given', 'given', 'given']);
});

test('somebody who signs out at the provider while it is asked gets no token, and nothing is kept', async () => {
  const word: ProviderWord = await wordOf(async () => {
    await word.takeLogout('corp', new Secret('a logout token'));
    return { answer: token, session: session('second') };
  });
  await word.keep(annId, session('first'));
  expect(await word.identityToken(annId, wanted)).toMatchObject({ outcome: 'none' });
  expect(await word.identityToken(annId, wanted)).toMatchObject({
    outcome: 'none',
    detail: expect.stringMatching(/nothing to ask with/),
  });
});

test('what is read while somebody signs out does not speak for them again', async () => {
  const word: ProviderWord = await wordOf(async () => {
    await word.takeLogout('corp', new Secret('a logout token'));
    return { answer: token, session: session('second') };
  });
  await word.keep(annId, session('first'));
  await word.renew(annId, -1);
  expect((await bed.store.people.get(annId))?.groups).not.toContain('reread');
});

test('a newer sign-in stays when an older one’s answer comes late', async () => {
  const asked: string[] = [];
  const word: ProviderWord = await wordOf(async (refreshToken) => {
    asked.push(refreshToken);
    if (refreshToken === 'first') await word.keep(annId, session('of a newer sign-in'));
    return { answer: token, session: session(`${refreshToken}+`) };
  });
  await word.keep(annId, session('first'));
  await word.identityToken(annId, wanted);
  expect(await word.identityToken(annId, wanted)).toBe(token);
  expect(asked).toEqual(['first', 'of a newer sign-in']);
});

test('nobody else’s provider is asked, and one that was silent not again at once', async () => {
  let asked = 0;
  const word = await wordOf(async () => {
    asked += 1;
    return { answer: { outcome: 'unavailable', detail: 'it is down' } };
  });
  await word.keep(annId, session('first'));
  expect(await word.identityToken('local:ann', wanted)).toMatchObject({ outcome: 'none' });
  expect(await word.identityToken(annId, { ...wanted, signIn: 'other' })).toMatchObject({ outcome: 'none' });
  expect(asked).toBe(0);
  expect(await word.identityToken(annId, wanted)).toMatchObject({ outcome: 'unavailable' });
  expect(await word.identityToken(annId, wanted)).toMatchObject({ outcome: 'unavailable' });
  expect(asked).toBe(1);
});

test('a refresh token that comes with a word which cannot be used is shown the next time', async () => {
  const asked: string[] = [];
  const word = await wordOf(never, {
    link: {
      reread: async (_, { refreshToken }) => {
        asked.push(refreshToken?.reveal() ?? '');
        return { outcome: 'unavailable', detail: 'userinfo is down', session: session('second') };
      },
    },
  });
  await word.keep(annId, session('first'));
  await word.renew(annId, -1);
  bed.time.now = bed.parts.clock.now() + 20_000;
  await word.renew(annId, -1);
  expect(asked).toEqual(['first', 'second']);
});

/** A revoker whose first end of a person's things breaks off, as when the store does not answer. */
function breakingOffOnce(): Revoker {
  let broken = false;
  const once =
    <Given extends unknown[]>(work: (...given: Given) => Promise<void>) =>
    async (...given: Given) => {
      if (broken) return await work(...given);
      broken = true;
      throw new Error('the store does not answer');
    };
  return { ...bed.revoker, access: once(bed.revoker.access), person: once(bed.revoker.person) };
}

const ended = async () => (await bed.store.revocations.since(0)).filter(({ subject }) => subject === annId);

test.each(['subject', 'session'])(
  'a logout token that names the %s counts when it is sent again after its work broke off, and then no more',
  async (named) => {
    const genuine = {
      outcome: 'genuine',
      tokenId: `named by ${named}`,
      expiresAt: Date.now() + 60_000,
    } as const;
    const word = await wordOf(never, {
      link: {
        readLogoutToken: async () =>
          named === 'subject' ? { ...genuine, subject: 'ann' } : { ...genuine, sessionId: 'sid 1' },
      },
      revoker: breakingOffOnce(),
    });
    await word.keep(annId, { ...session('first'), id: 'sid 1' });
    const take = () => word.takeLogout('corp', new Secret('a logout token'));
    const before = (await ended()).length;
    await expect(take()).rejects.toThrow('does not answer');
    expect(await take()).toEqual({ outcome: 'ended', personId: annId });
    expect(await ended()).toHaveLength(before + 1);
    expect(await take()).toMatchObject({ outcome: 'refused', detail: 'it was used before' });
  },
);

test('access whose end broke off ends when the provider is asked the next time', async () => {
  const word = await wordOf(never, {
    link: { reread: async () => ({ outcome: 'ended', detail: 'invalid_grant' }) },
    revoker: breakingOffOnce(),
  });
  await word.keep(annId, session('first'));
  const before = (await ended()).length;
  await expect(word.renew(annId, -1)).rejects.toThrow('does not answer');
  await word.renew(annId);
  expect(await ended()).toHaveLength(before + 1);
});
