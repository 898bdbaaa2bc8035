import { expect, test } from 'vitest';
import { readErrorText } from './error-text.ts';

const texts: readonly [written: string, sqlstate: string, text: string][] = [
  ['ERROR: relation "s" does not exist', 'HY000', 'relation "s" does not exist'],
  ['relation "s" does not exist', 'HY000', 'relation "s" does not exist'],
  ['ERROR: no such column\n  SQLState: 42703', '42703', 'no such column\n  SQLState: 42703'],
  ['ERROR: denied (SQLSTATE 42501)', '42501', 'denied (SQLSTATE 42501)'],
  ['ERROR: too long [SQLState=22001]', '22001', 'too long [SQLState=22001]'],
  ['ERROR: odd sqlstate: 42p01 [ErrorId: 1-65f]', '42P01', 'odd sqlstate: 42p01 [ErrorId: 1-65f]'],
  [
    'ERROR: a text said SQLSTATE 28000 SQLState: 22P02',
    '22P02',
    'a text said SQLSTATE 28000 SQLState: 22P02',
  ],
  ['ERROR: nothing behind SQLState:', 'HY000', 'nothing behind SQLState:'],
  ['ERROR: SQLState: 4270', 'HY000', 'SQLState: 4270'],
  ['ERROR: SQLState: 427035', 'HY000', 'SQLState: 427035'],
  ['ERROR: success? SQLState: 00000', 'HY000', 'success? SQLState: 00000'],
  ['ERROR: lost? SQLState: 08006', 'HY000', 'lost? SQLState: 08006'],
  ['ERROR: stopping? SQLState: 57P01', 'HY000', 'stopping? SQLState: 57P01'],
  ['', 'HY000', ''],
];
test.each(texts)('%j is read as %s', (written, sqlstate, text) => {
  expect(readErrorText(written)).toEqual({ sqlstate, text });
});

test('a text of megabytes is read in a moment, whatever is in it', () => {
  const written = `ERROR: ${'SQLSTATE '.repeat(200_000)}`;
  expect(readErrorText(written).sqlstate).toBe('HY000');
});
