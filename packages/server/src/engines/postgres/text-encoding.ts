import type { TextEncoding } from '../relaying/index.ts';

/**
 * The encoding behind a `client_encoding`. Everything but UTF-8 is read byte by byte: letters beyond ASCII may then
 * look odd in a record, but nothing is lost.
 */
export function textEncoding(clientEncoding: string | undefined): TextEncoding {
  return clientEncoding === undefined || /^(utf-?8|unicode|sql_ascii)$/i.test(clientEncoding)
    ? 'utf8'
    : 'latin1';
}
