import { stripVTControlCharacters } from 'node:util';
import { print, say, type Terminal } from './terminal.ts';

/**
 * One row to print. Its keys are what programs read, so they are `camelCase` and stay as they are; as JSON a time is ISO
 * 8601 and what is undefined is left out.
 */
export type Row = Readonly<Record<string, Cell>>;
type Cell = string | number | boolean | Date | readonly string[] | undefined;

/** Prints rows as JSON when it was asked for, and otherwise as a table under the keys of the first row, as words. */
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
    columns.map((column) => column.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)),
    rows.map((row) => columns.map((column) => cellText(row[column]))),
  );
}

/** A wall-clock time for a row. */
export function timeCell(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}

function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  if (cell instanceof Date) return printableTime(cell.getTime());
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return typeof cell === 'object' ? cell.join(' ') : String(cell);
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
  return shown(text, /[\p{Cc}\p{Cf}]/gu);
}

/** The same for text of several lines, such as a statement: line feeds and tabs stay. */
export function severalLines(text: string): string {
  return shown(text, /[[\p{Cc}\p{Cf}]--[\n\t]]/gv);
}

function shown(text: string, steering: RegExp): string {
  return stripVTControlCharacters(text).replaceAll(
    steering,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** A wall-clock time as a person reads it: UTC, to the second. */
export function printableTime(ms: number | undefined): string {
  return ms === undefined ? '' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
