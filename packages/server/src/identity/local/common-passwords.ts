import { dictionary } from '@zxcvbn-ts/language-common';

/** The 49,000 that leak most often, in small letters. */
const common: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/**
 * Whether a password is a common one (ASVS 6.2.4), also behind the digits and signs that people put around it to please
 * a rule: `Dragon!!!2024`. `plain` is folded as user names are.
 */
export function isCommonPassword(plain: string): boolean {
  return common.has(plain) || common.has(plain.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, ''));
}
