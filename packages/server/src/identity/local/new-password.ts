import { Buffer } from 'node:buffer';
import { foldUsername } from '../../config/index.ts';
import type { Secret } from '../../core/index.ts';
import type { PasswordFault } from '../sign-in-method.ts';
import { isCommonPassword } from './common-passwords.ts';
import { maxPasswordBytes } from './password-hash.ts';

/** In characters as people count them (ASVS 6.2.1). There is no rule about their kinds (ASVS 6.2.5). */
export const newPasswordLength = { least: 12, advised: 15 } as const;

/** Fewer different characters than this are found by anybody who tries patterns. */
const leastDifferent = 5;

/** What fingers and memory do by themselves: alphabet, digits, rows, columns and zigzags of keyboards. */
const walks = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  '!@#$%^&*()_+',
  'qwertyuiop[]',
  'asdfghjkl;',
  'zxcvbnm,./',
  'qwertzuiopü',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '1q2w3e4r5t6y7u8i9o0p',
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik', '9ol'],
] as const;

const steps: ReadonlySet<string> = new Set(
  walks.flatMap((walk) =>
    [...walk].flatMap((character, index) => {
      const next = walk[index + 1];
      return next === undefined ? [] : [character + next, next + character];
    }),
  ),
);

/**
 * What is wrong with a password that somebody wants; undefined when nothing is. `subject` is the folded user
 * name. Whether it is the old one only the stored hash can tell.
 */
export function faultOf(wanted: Secret, subject: string): PasswordFault | undefined {
  const clear = wanted.reveal();
  if (Buffer.byteLength(clear) > maxPasswordBytes) return 'too_long';
  if ([...clear].length < newPasswordLength.least) return 'too_short';
  const plain = foldUsername(clear);
  if (plain === subject || plain === subject.split('@')[0]) return 'user_name';
  const characters = [...plain];
  if (new Set(characters).size < leastDifferent || isRepetition(plain) || isWalk(characters))
    return 'trivial';
  if (isCommonPassword(plain)) return 'common';
  return undefined;
}

/** `abcabcabc`, also when the last turn is cut short: the text goes on as it began, from its middle at the latest. */
function isRepetition(text: string): boolean {
  for (let period = 1; period * 2 <= text.length; period += 1)
    if (text.startsWith(text.slice(period))) return true;
  return false;
}

/**
 * `qwerty123456`: two characters in three only follow from the one before, by a step of a walk or by staying, and those
 * that were chosen would not make a password by themselves.
 */
function isWalk(characters: readonly string[]): boolean {
  const chosen = characters.filter((character, index) => {
    const before = characters[index - 1];
    return before !== character && !(before !== undefined && steps.has(before + character));
  });
  return chosen.length < newPasswordLength.least && chosen.length * 3 <= characters.length;
}
