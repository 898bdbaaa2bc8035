import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../core/index.ts';
import { faultOf, newPasswordLength } from './new-password.ts';

const subject = 'ada.lovelace@example.com';
const faultIn = (password: string) => faultOf(new Secret(password), subject);

describe('a new password', () => {
  test.each([
    'plums in the icebox 42',
    'correct horse battery staple',
    'Tr0ub4dor&3xyz',
    'aaaaaaaaaaaaaaaaaaaa, then plums in the icebox',
    'ただの日本語のパスワードです',
    '🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧',
    'ada.lovelace@example.com and more',
    '            plums in the icebox',
  ])('may be %j', (password) => {
    expect(faultIn(password)).toBeUndefined();
  });

  test.each([
    ['', 'too_short'],
    ['plums in 42', 'too_short'],
    ['🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔', 'too_short'],
    ['plums '.repeat(171), 'too_long'],
    ['ü'.repeat(513), 'too_long'],
    ['ada.lovelace@example.com', 'user_name'],
    ['ADA.Lovelace@Example.com ', 'user_name'],
    ['ada.lovelace', 'user_name'],
    ['ａｄａ.lovelace', 'user_name'],
  ])('may not be %j', (password, fault) => {
    expect(faultIn(password)).toBe(fault);
  });

  test.each([
    'leavemealone',
    'Unbelievable',
    'administrator',
    'Dragon!!!2024',
    '...letmein12345',
    'P@ssw0rd12345',
    'FOOTBALL_1999_!',
  ])('may not be one that everybody tries, as %j', (password) => {
    expect(faultIn(password)).toBe('common');
  });

  test.each([
    'aaaaaaaaaaaa',
    'abababababab',
    'AbcABCabcabc',
    'passwordpassword',
    'summer23summer23summ',
    '123456789012',
    '098765432109',
    'abcdefghijkl',
    'zyxwvutsrqpon',
    'qwertyuiop12',
    'qwertz123456',
    'asdfghjkl123',
    '1qaz2wsx3edc',
    '1q2w3e4r5t6y',
    '!@#$%^&*()_+',
    '112233445566',
    'aaaabbbbccccdddd',
    '111222333444',
  ])('may not be the pattern %j', (password) => {
    expect(faultIn(password)).toBe('trivial');
  });

  test('that is drawn at random is never taken for a pattern', () => {
    const seed = randomInt(2 ** 31);
    console.info(`seed ${seed}`);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...'bcfhjmpstvxzBCFHJMPSTVXZ24679-_'), { minLength: 22, maxLength: 64 }),
        (characters) => {
          // What a generator makes repeats by chance only; one that repeats is no sample of it.
          fc.pre(new Set(characters).size > 12);
          expect(faultIn(characters.join(''))).toBeUndefined();
        },
      ),
      { seed },
    );
  });

  test('is looked at whole, however long', () => {
    for (const password of ['ab'.repeat(512), `${'a'.repeat(1023)}b`, 'abcdefgh'.repeat(128)])
      expect(faultIn(password)).toBe('trivial');
    expect(newPasswordLength.advised).toBeGreaterThan(newPasswordLength.least);
  });
});
