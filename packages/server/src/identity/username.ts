/**
 * The one spelling of a user name: Unicode NFKC, no surrounding white space, lower case. Look-ups and throttle keys
 * both use it; if they differed, `Alice`, `alice ` and full-width `ａlice` would each get guesses of their own.
 */
export function normaliseUsername(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}
