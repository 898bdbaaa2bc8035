import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { oneLine, printRows, timeCell } from './print-table.ts';
import type { Terminal } from './terminal.ts';

function terminal(): { readonly terminal: Terminal; readonly printed: () => string } {
  const out = new PassThrough();
  const made: Terminal = { out, err: new PassThrough(), env: {}, interactive: true, exitWith: () => {} };
  return { terminal: made, printed: () => String(out.read() ?? '') };
}

test('columns are as wide as their widest cell', () => {
  const { terminal: to, printed } = terminal();
  printRows(
    to,
    [
      { id: 'a', name: 'Ada Lovelace' },
      { id: 'longer', name: '' },
    ],
    {},
  );
  expect(printed()).toBe('id      name\n──────  ────────────\na       Ada Lovelace\nlonger\n');
});

test('a row is words and times for a person, and keys, lists and ISO times for a program', () => {
  const { terminal: to, printed } = terminal();
  const rows = [
    { id: 'a', groups: ['x', 'y'], isDefault: true, lastSignIn: timeCell(0) },
    { id: 'b', groups: [], isDefault: false, lastSignIn: timeCell(undefined) },
  ];
  printRows(to, rows, {});
  const lines = printed().split('\n');
  expect(lines[0]).toBe('id  groups  is default  last sign in');
  expect(lines.slice(2)).toEqual(['a   x y     yes         1970-01-01 00:00:00Z', 'b           no', '']);
  printRows(to, rows, { json: true });
  expect(JSON.parse(printed())).toEqual([
    { id: 'a', groups: ['x', 'y'], isDefault: true, lastSignIn: '1970-01-01T00:00:00.000Z' },
    { id: 'b', groups: [], isDefault: false },
  ]);
});

test('no rows print nothing, and an empty list as JSON', () => {
  const { terminal: to, printed } = terminal();
  printRows(to, [], {});
  expect(printed()).toBe('');
  printRows(to, [], { json: true });
  expect(printed()).toBe('[]\n');
});

test.each([
  ['an escape sequence', 'a\u001b[31mred\u001b[0m', 'ared'],
  ['a title change', 'a\u001b]0;pwned\u0007b', 'ab'],
  ['a line break', 'a\nb', 'a\\u{a}b'],
  ['a text direction', 'a\u202eb', 'a\\u{202e}b'],
  ['a lone escape', '\u001b', '\\u{1b}'],
])('%s in a cell does not reach the terminal', (_, text, shown) => {
  expect(oneLine(text)).toBe(shown);
});
