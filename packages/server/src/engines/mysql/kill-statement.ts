/** A KILL of another session by its number, as clients send it for Ctrl-C. */
export interface KillStatement {
  readonly what: 'statement' | 'session';
  readonly connectionId: number;
}

const longestKill = 128;
const pattern = /^\s*kill\s+(?:(?:hard|soft)\s+)?(?:(connection|query)\s+)?(\d{1,10})\s*;?\s*$/i;

/**
 * Reads `KILL [CONNECTION | QUERY] number`. Everything else, for example a number that the server must compute, goes
 * to the server: it decides by what the login may do. The numbers in question are ours, which no server knows.
 */
export function parseKill(text: string): KillStatement | undefined {
  if (text.length > longestKill) return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const what = match[1]?.toLowerCase() === 'query' ? 'statement' : 'session';
  return { what, connectionId: Number(match[2]) };
}
