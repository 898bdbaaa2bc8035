import { stripVTControlCharacters } from 'node:util';
import { print, say, type Terminal } from './terminal.ts';

/** One row to print: plain values by column. */
export type Row = Readonly<Record<string, string | number | boolean | undefined>>;

/** Prints rows as JSON when it was asked for, and otherwise as a table under the keys of the first row. */
export function printRows(
  terminal: Terminal,
  rows: readonly Row[],
  options: { readonly json?: boolean },
): void {
  if (options.json) {
    print(terminal, JSON.stringify(rows, null, 2));
    return;
  }
  const [first] = rows;
  if (first === undefined) {
    say(terminal, 'None.');
    return;
  }
  const columns = Object.keys(first);
  printTable(
    terminal,
    columns,
    rows.map((row) => columns.map((column) => String(row[column] ?? ''))),
  );
}

/** Prints aligned columns. What comes from elsewhere must not steer the terminal, so control characters are shown. */
export function printTable(
  terminal: Terminal,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const lines = [columns, ...rows].map((cells) => cells.map(oneLine));
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => (cells[index] ?? '').length)));
  const write = (cells: readonly string[]) =>
    print(
      terminal,
      cells
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  const [header = [], ...body] = lines;
  write(header);
  write(widths.map((width) => '─'.repeat(width)));
  body.forEach(write);
}

/** Text from elsewhere for one line of a terminal: control and direction characters are shown and not obeyed. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** A wall-clock time as a person reads it: UTC, to the second. */
export function printableTime(ms: number | undefined): string {
  return ms === undefined ? '' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
