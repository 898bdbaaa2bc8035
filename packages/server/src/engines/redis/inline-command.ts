import type { Command } from './command.ts';
import { commandBytes } from './messages.ts';

/**
 * The command that a line of words stands for, written as an array; `arrivedAt` as {@link Command} has it. A NUL makes a
 * line `unbalanced` too: a server reads up to it, and then waits for the end of the line.
 */
export function inlineCommand(line: Buffer, arrivedAt: number): Command | 'empty' | 'unbalanced' {
  const words = line.includes(0) ? 'unbalanced' : splitInline(line);
  if (words === 'unbalanced') return words;
  if (words.length === 0) return 'empty';
  const starts: number[] = [];
  const ends: number[] = [];
  let at = `*${words.length}\r\n`.length;
  for (const { length } of words) {
    const start = at + `$${length}\r\n`.length;
    starts.push(start);
    ends.push(start + length);
    at = start + length + 2;
  }
  const count = words.length;
  const position = { starts, ends, begin: 0, end: at };
  return { bytes: commandBytes(...words), count, arrived: count, ...position, complete: true, arrivedAt };
}

/**
 * Splits a line of words as servers do (`sdssplitargs`): words between blanks, `"…"` with `\n \r \t \b \a \xHH` and
 * `\` before any other byte, `'…'` with `\'`; behind a closing quote stands a blank or nothing.
 * `unbalanced` when a quote is not closed, or something else stands behind it.
 */
export function splitInline(line: Buffer): readonly Buffer[] | 'unbalanced' {
  const words: Buffer[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isBlank(line[at])) at += 1;
    if (at >= line.length) return words;
    const word: number[] = [];
    while (at < line.length && !endsWord(line[at])) {
      const byte = line[at] ?? 0;
      if (byte !== doubleQuote && byte !== singleQuote) {
        word.push(byte);
        at += 1;
        continue;
      }
      const next = readQuoted(line, at + 1, byte, word);
      if (next === 'unbalanced' || (next < line.length && !isBlank(line[next]))) return 'unbalanced';
      at = next;
      break;
    }
    words.push(Buffer.from(word));
  }
}

const doubleQuote = 0x22;
const singleQuote = 0x27;
const backslash = 0x5c;
const escapes: ReadonlyMap<number, number> = new Map([
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x62, 0x08],
  [0x61, 0x07],
]);

/** Reads up to the closing quote; the index behind it. */
function readQuoted(line: Buffer, start: number, quote: number, word: number[]): number | 'unbalanced' {
  let at = start;
  while (at < line.length) {
    const byte = line[at] ?? 0;
    if (byte === quote) return at + 1;
    const next = line[at + 1];
    if (byte !== backslash || next === undefined || (quote === singleQuote && next !== singleQuote)) {
      word.push(byte);
      at += 1;
      continue;
    }
    const hex = quote === doubleQuote && next === 0x78 ? line.toString('latin1', at + 2, at + 4) : '';
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      word.push(Number.parseInt(hex, 16));
      at += 4;
    } else {
      word.push(quote === doubleQuote ? (escapes.get(next) ?? next) : next);
      at += 2;
    }
  }
  return 'unbalanced';
}

/** Servers leave a vertical tab or a form feed within a word. */
function endsWord(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** C's `isspace`. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
