import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bindParameters } from './bind-parameters.ts';

const both = ['one', 'two'];

describe('parameters of a statement', () => {
  const cases: readonly [what: string, sql: string, bound: string, names: readonly string[]][] = [
    ['stand for values', 'select $1, $2', 'select :p1, :p2', ['p1', 'p2']],
    ['may come twice and in any order', 'select $2, $1, $2', 'select :p2, :p1, :p2', ['p2', 'p1']],
    ['may be cast', 'select $1::int', 'select :p1::int', ['p1']],
    ['are none in a literal', "select '$1', $1", "select '$1', :p1", ['p1']],
    ['are none after a doubled quote', "select 'it''s $1', $1", "select 'it''s $1', :p1", ['p1']],
    ['are none after an escaped quote', "select 'it\\'s $1', $1", "select 'it\\'s $1', :p1", ['p1']],
    ['are none in a name', 'select "$1", $1', 'select "$1", :p1', ['p1']],
    ['are none in a comment', 'select $1 -- $2\n, $2', 'select :p1 -- $2\n, :p2', ['p1', 'p2']],
    [
      'are none in a nested comment',
      'select /* $1 /* $2 */ $1 */ $1',
      'select /* $1 /* $2 */ $1 */ :p1',
      ['p1'],
    ],
    ['are none in a body between dollars', 'do $$ $1 $$ $1', 'do $$ $1 $$ :p1', ['p1']],
    ['are none in a body between tags', 'do $a$ $1 $$ $a$ $1', 'do $a$ $1 $$ $a$ :p1', ['p1']],
    ['are none inside of a word', 'select tab$1, $1', 'select tab$1, :p1', ['p1']],
    ['are none in a literal without end', "select $1, '$2", "select :p1, '$2", ['p1']],
    ['are none in a comment without end', 'select $1 /* $2', 'select :p1 /* $2', ['p1']],
  ];
  test.each(cases)('%s', (_, sql, text, names) => {
    const bound = bindParameters(sql, both);
    expect(bound.sql).toBe(text);
    expect(bound.parameters.map(({ name }) => name)).toEqual(names);
  });

  test('that are NULL are written out, since the Data API knows no NULL', () => {
    expect(bindParameters('select $1, $2', [null, 'two'])).toEqual({
      sql: 'select NULL, :p2',
      parameters: [{ name: 'p2', value: 'two' }],
    });
  });

  test('beyond the values are refused', () => {
    expect(() => bindParameters('select $3', both)).toThrow(/parameter \$3, and there are 2/);
    expect(() => bindParameters('select $0', both)).toThrow(RangeError);
  });

  test('that are not given leave the statement as it is', () => {
    expect(bindParameters('select $1', [])).toEqual({ sql: 'select $1', parameters: [] });
  });

  test('are found in any text without a letter lost', () => {
    const letters = fc.constantFrom(...'$1\'"-/*\\ \na:é€');
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 40 }), (sql) => {
        const values = Array.from({ length: 9 }, () => 'v');
        try {
          const { sql: bound } = bindParameters(sql, values);
          expect(bound.replaceAll(/:p(\d)/g, '$$$1')).toBe(sql);
        } catch (thrown) {
          if (!(thrown instanceof RangeError)) throw thrown;
        }
      }),
    );
  });
});
