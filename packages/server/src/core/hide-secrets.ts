/** What `newId` makes with a prefix: access and refresh tokens, codes, client secrets. */
const ours = /(gw[a-z]_)[\w-]{16,}/g;

/**
 * Takes the secrets of our own making out of a text that quotes what somebody sent: a token that was given where a name
 * belongs is a token all the same. The prefix stays, so that its owner sees what the mistake was.
 */
export function hideSecrets(text: string): string {
  return text.replace(ours, '$1…');
}
