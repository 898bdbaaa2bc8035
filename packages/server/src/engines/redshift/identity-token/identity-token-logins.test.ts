import { beforeEach, describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../../../tests/support/engine-door.ts';
import { type IdentityToken, type IdentityTokenAccess, Refusal, Secret } from '../../../core/index.ts';
import { IdentityTokenLogins } from './identity-token-logins.ts';

const wanted: IdentityTokenAccess = {
  signIn: 'corp',
  token: 'access',
  audience: 'https://warehouse.example',
  idpType: 'AzureAD',
};
const database = {
  ...testDatabase({ host: '127.0.0.1', port: 5439, engine: 'redshift' }, 'person'),
  identityToken: wanted,
};
const grantee = (subject: string, groups: readonly string[] = []) => ({
  database,
  principal: { method: 'corp', subject, displayName: subject, groups, claims: {} },
});

let now = 0;
let asked: string[] = [];
let answer: (personId: string) => Promise<IdentityToken>;
let logins: IdentityTokenLogins;
beforeEach(() => {
  now = 1_000_000;
  asked = [];
  answer = async (personId) => ({
    outcome: 'given',
    token: new Secret(`token ${asked.length} of ${personId}`),
    expiresAt: now + 600_000,
  });
  const source = (personId: string, named: IdentityTokenAccess) => {
    expect(named).toBe(wanted);
    asked.push(personId);
    return answer(personId);
  };
  logins = new IdentityTokenLogins(source, { now: () => now, monotonic: () => now });
});

/** What a session that is let in at the `tries`-th try has logged in with. */
async function login(subject: string, tries = 1, groups: readonly string[] = []): Promise<string> {
  let left = tries;
  for await (const { login: user, password } of logins.candidates(grantee(subject, groups), 'r-1')) {
    expect(user).toBe('');
    left -= 1;
    if (left === 0) return password.reveal();
  }
  throw new Error('no more tokens');
}

describe('a token for a login', () => {
  test('is asked for once while it is good, however many sessions begin', async () => {
    expect(await Promise.all(['ann', 'ann', 'ann'].map((subject) => login(subject)))).toEqual(
      Array(3).fill('token 1 of corp:ann'),
    );
    now += 539_999;
    expect(await login('ann')).toBe('token 1 of corp:ann');
    expect(asked).toEqual(['corp:ann']);
  });

  test('is asked for again a minute before it ends', async () => {
    await login('ann');
    now += 540_000;
    expect(await login('ann')).toBe('token 2 of corp:ann');
  });

  test('is never that of somebody else', async () => {
    expect(await login('ann')).toBe('token 1 of corp:ann');
    expect(await login('ben')).toBe('token 2 of corp:ben');
    expect(await login('ann')).toBe('token 1 of corp:ann');
  });

  test('is not used any more after the groups of its person changed', async () => {
    expect(await login('ann', 1, ['a', 'b'])).toBe('token 1 of corp:ann');
    expect(await login('ann', 1, ['b', 'a'])).toBe('token 1 of corp:ann');
    expect(await login('ann', 1, ['a'])).toBe('token 2 of corp:ann');
  });

  test('that the server refused is replaced by a fresh one, once', async () => {
    await login('ann');
    expect(await login('ann', 2)).toBe('token 2 of corp:ann');
    await expect(login('ben', 2)).rejects.toThrow('no more tokens');
  });

  test.each<[Exclude<IdentityToken, { outcome: 'given' }>, string, RegExp]>([
    [{ outcome: 'none', detail: 'why' }, 'identity_token_missing', /sign in with "corp"/],
    [{ outcome: 'unavailable', detail: 'why' }, 'provider_unavailable', /does not answer/],
    [{ outcome: 'unsuitable', detail: 'why' }, 'upstream_refused_login', /Tell your administrator/],
  ])(
    'that there is none of ($outcome) is refused, and asked for at the next try',
    async (given, code, says) => {
      const fine = answer;
      answer = async () => given;
      const refusal = await login('ann').catch((thrown: unknown) => thrown);
      if (!(refusal instanceof Refusal)) throw new Error(`not refused: ${String(refusal)}`);
      expect(refusal.code).toBe(code);
      expect(refusal.message).toMatch(says);
      expect(String(refusal.cause)).toContain('why');
      answer = fine;
      expect(await login('ann')).toBe('token 2 of corp:ann');
    },
  );
});
