import { isUtf8 } from 'node:buffer';
import { StatementText } from '../relaying/index.ts';

/**
 * The text of a command as the records show it. The character set may have been changed by a SET: what is no UTF-8 is
 * read byte by byte, so that nothing is lost.
 */
export function readCommandText(bytes: Buffer, start: number, end: number, whole: boolean): StatementText {
  const text = StatementText.read(bytes, start, end, 'utf8', whole);
  if (!text.text.includes(replacement) || isUtf8Text(bytes, start, end, whole)) return text;
  return StatementText.read(bytes, start, end, 'latin1', whole);
}

/** What decoding puts where bytes are no UTF-8, and what a text may also have by itself. */
const replacement = '\ufffd';

/** A text that was cut may end within a character, which has four bytes at most. */
function isUtf8Text(bytes: Buffer, start: number, end: number, whole: boolean): boolean {
  const mostCut = whole ? 0 : 3;
  for (let cut = 0; cut <= mostCut; cut += 1) if (isUtf8(bytes.subarray(start, end - cut))) return true;
  return false;
}
