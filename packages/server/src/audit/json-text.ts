const plain = /^[ !#-[\]-~]*$/;

/** Printable ASCII without quote and backslash: most texts, and then nothing is to be escaped. */
export function isPlain(text: string): boolean {
  return plain.test(text);
}

/**
 * What JSON leaves as it is, but a terminal, a log viewer or a line reader may obey: DEL and the C1 controls (0x9b is
 * CSI), the line separators, marks that turn the reading direction, the byte order mark.
 */
const unsafe = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A text as JSON, cut at `limit` characters (and then ended with `…`). No character of it can end a line, move a
 * cursor or turn the reading direction of a terminal; a lone surrogate is escaped, so the result is always valid UTF-8.
 */
export function jsonText(text: string, limit: number): string {
  const given = text.length > limit ? `${text.slice(0, limit)}…` : text;
  if (isPlain(given)) return `"${given}"`;
  return JSON.stringify(given).replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
