/** A KILL of another session by its number, as clients send it for Ctrl-C. */
export interface KillStatement {
  readonly what: 'statement' | 'session';
  readonly connectionId: number;
}

const longestKill = 1_024;
const pattern = /^\s*kill\s+(?:(?:hard|soft)\s+)?(?:(connection|query)\s+)?(\d{1,10})\s*;?\s*$/i;
/** Tools name themselves in them. Those that a server would execute are left, and make it no plain KILL. */
const comment = /\/\*(?![!+m])[^*]*\*+(?:[^/*][^*]*\*+)*\/|(?:--[ \t]|#)[^\n]*(?:\n|$)/gi;

/**
 * Reads `KILL [CONNECTION | QUERY] number`, with comments. Undefined for anything else. The numbers in question are
 * ours, which no server knows, so what this gives is never sent to one.
 */
export function parseKill(text: string): KillStatement | undefined {
  if (text.length > longestKill) return undefined;
  const match = pattern.exec(text.replaceAll(comment, ' '));
  if (match === null) return undefined;
  const what = match[1]?.toLowerCase() === 'query' ? 'statement' : 'session';
  return { what, connectionId: Number(match[2]) };
}
