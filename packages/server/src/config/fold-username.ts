/**
 * A user name as it is compared: Unicode NFKC, no surrounding white space, lower case. Rules, look-ups and throttles all go
 * by it; if they differed, `Alice`, `alice ` and full-width `ａlice` would each get guesses of their own.
 */
export function foldUsername(written: string): string {
  return written.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}
