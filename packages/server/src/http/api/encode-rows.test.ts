import { expect, test } from 'vitest';
import { JsonText, type QueryValue } from '../../engines/index.ts';
import { answerForm } from './answer-form.ts';
import { csvCell, jsonRow } from './encode-rows.ts';

const cells: readonly [what: string, value: QueryValue, cell: string][] = [
  ['NULL is nothing', null, ''],
  ['an empty text is quoted, so that it differs from NULL', '', '""'],
  ['a comma is quoted', 'a,b', '"a,b"'],
  ['quotes are doubled', 'say "hi"', '"say ""hi"""'],
  ['a line break is quoted', 'a\r\nb', '"a\r\nb"'],
  ['a formula gets an apostrophe', '=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"'],
  ['a plus sign gets an apostrophe', '+cmd', "'+cmd"],
  ['an at sign gets an apostrophe', '@SUM(A1)', "'@SUM(A1)"],
  ['a dash before text gets an apostrophe', '-cmd', "'-cmd"],
  ['a tab gets an apostrophe', '\t=1', "'\t=1"],
  ['a negative number stays a number', -5, '-5'],
  ['a negative decimal that comes as text stays as it is', '-12.50', '-12.50'],
  ['a number with an exponent stays as it is', '-1e-7', '-1e-7'],
  ['a negative time stays as it is', '-01:00:00', '-01:00:00'],
  ['a long negative time with fractions stays as it is', '-838:59:59.000001', '-838:59:59.000001'],
  ['an interval in words gets an apostrophe', '-1 days +02:03:00', "'-1 days +02:03:00"],
  ['a time before more gets an apostrophe', "-01:00:00+cmd|'/c calc'!A1", "'-01:00:00+cmd|'/c calc'!A1"],
  ['a number before more gets an apostrophe', "-2+3+cmd|'/c calc'!A1", "'-2+3+cmd|'/c calc'!A1"],
  ['a number with a line break behind it gets an apostrophe', '-2\n', '"\'-2\n"'],
  ['a range of rows gets an apostrophe', '-1:2', "'-1:2"],
  ['a line break before a formula gets an apostrophe', '\n=1', '"\'\n=1"'],
  ['a NUL before a formula gets an apostrophe', '\0=1', "'\0=1"],
  ['a document is its text', new JsonText('{"a":1}'), '"{""a"":1}"'],
  ['a list is JSON', [1, null, 'x'], '"[1,null,""x""]"'],
];

test.each(cells)('H08 CSV: %s', (_, value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test('a document keeps its digits and stays on one line', () => {
  const row = jsonRow([new JsonText('{\n"n": 9007199254740993}'), 'a\nb', null, [true]]);
  expect(row).toBe('[{ "n": 9007199254740993},"a\\nb",null,[true]]');
});

const accepts: readonly [accept: string | undefined, form: string][] = [
  [undefined, 'json'],
  ['*/*', 'json'],
  ['text/html', 'json'],
  ['text/csv', 'csv'],
  ['TEXT/CSV; charset=utf-8', 'csv'],
  ['application/x-ndjson', 'ndjson'],
  ['text/csv;q=0.5, application/json', 'json'],
  ['application/json;q=0.1, application/x-ndjson;q=0.9', 'ndjson'],
  ['text/csv;q=0', 'json'],
  ['text/csv;q=nonsense', 'json'],
];

test.each(accepts)('Accept %s is answered as %s', (accept, form) => {
  expect(answerForm(accept)).toBe(form);
});
