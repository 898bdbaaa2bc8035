import { describe, expect, test } from 'vitest';
import { noWish } from '../core/index.ts';
import { attestedProof, isLateEnough, type SignInWords, signInWords } from './attested-proof.ts';

const now = 1_700_000_000_000;
const minute = 60_000;
const counts = { methods: ['mfa', 'hwk'], contexts: ['phr', 'urn:mfa'] };
const password = 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password';

function isFactor(words: SignInWords, known = counts): boolean {
  return attestedProof(words, known, noWish, now).methods.includes('mfa');
}

describe("a provider's word on a second factor", () => {
  test.each<[string, SignInWords]>([
    ['a method that is listed', signInWords({ amr: ['pwd', 'mfa'] })],
    ['another one of them', signInWords({ amr: ['hwk'] })],
    ['a context that is listed', signInWords({ acr: 'phr' })],
    ['contexts that are all listed', { contexts: ['phr', 'urn:mfa'] }],
  ])('counts by %s', (_, words) => {
    expect(isFactor(words)).toBe(true);
  });

  test.each<[string, SignInWords]>([
    ['nothing', signInWords({})],
    ['other words', signInWords({ amr: ['pwd', 'otp'], acr: '1' })],
    ['a text where a list belongs', signInWords({ amr: 'mfa' })],
    ['a list where a text belongs', signInWords({ acr: ['phr'] })],
    ['the word in another spelling', signInWords({ amr: ['MFA', ' mfa', 'mfa '] })],
    ['a part of the word', signInWords({ amr: ['mf', 'mfa2'], acr: 'ph' })],
    ['a list in the list', signInWords({ amr: [['mfa']] })],
    ['an object', signInWords({ amr: { mfa: true }, acr: { phr: true } })],
    ['a context beside a weaker one', { contexts: ['phr', password] }],
    ['a context beside one that cannot be read', { contexts: ['phr', undefined] }],
  ])('does not count by %s', (_, words) => {
    expect(isFactor(words)).toBe(false);
  });

  test('counts for nothing where the config names no words, whatever it says', () => {
    const words = signInWords({ amr: ['mfa', 'hwk'], acr: 'phr' });
    expect(attestedProof(words, undefined, noWish, now).methods).toEqual(['fed']);
    expect(isFactor(words, { methods: [], contexts: [] })).toBe(false);
  });
});

describe('the time of a sign-in at a provider', () => {
  const atOf = (time: unknown, wish = noWish) =>
    attestedProof(signInWords({ auth_time: time }), counts, wish, now).at;
  const anew = { ...noWish, withinMs: 15 * minute };

  test('is what the provider says, at most now', () => {
    expect(atOf((now - 8 * 60 * minute) / 1000)).toBe(now - 8 * 60 * minute);
    expect(atOf((now + 30_000) / 1000)).toBe(now);
  });

  test.each([undefined, null, '1700000000', 1.5, Number.NaN, -1, 0, 1e300, (now + 2 * minute) / 1000])(
    'is unknown, and so as old as can be, when it says %s',
    (time) => {
      expect(atOf(time)).toBe(0);
    },
  );

  test('is that of the answer when it says none, and was told to ask anew', () => {
    expect(atOf(undefined, anew)).toBe(now);
    expect(atOf(undefined, { ...noWish, anew: true })).toBe(now);
    expect(atOf(0, anew)).toBe(0);
  });

  test('shows who was not asked anew, with a minute between the clocks', () => {
    const lateEnough = (time: number) =>
      isLateEnough(attestedProof({ contexts: [], at: time }, counts, anew, now), anew, now);
    expect(lateEnough(now - 15 * minute)).toBe(true);
    expect(lateEnough(now - 16 * minute)).toBe(true);
    expect(lateEnough(now - 16 * minute - 1)).toBe(false);
    expect(isLateEnough({ methods: [], at: 0 }, noWish, now)).toBe(true);
  });
});
