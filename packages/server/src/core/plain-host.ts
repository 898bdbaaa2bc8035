/**
 * Whether a host, as `URL.hostname` has it, is a name of letters, digits, `-` and `_`, or an address. The URL standard
 * also lets through `;`, `'` or `,`, which no name in DNS has: written into a header, they would begin something else.
 */
export function isPlainHost(hostname: string): boolean {
  return /^(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/.test(hostname);
}
