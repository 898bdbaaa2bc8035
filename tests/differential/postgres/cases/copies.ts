import {
  bind,
  copyData,
  copyDone,
  copyFail,
  describePortal,
  execute,
  flush,
  parse,
  query,
  sync,
} from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { extended, type PostgresStep, say, sql } from '../steps.ts';

const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const trailer = Buffer.from('ffff', 'hex');
const numberRow = (n: number) => {
  const row = Buffer.from('000100000004 00000000'.replaceAll(' ', ''), 'hex');
  row.writeInt32BE(n, 6);
  return row;
};
const into = 'COPY notes (title, body) FROM STDIN';
const all = sql('SELECT title, body FROM notes ORDER BY title');
const began = { until: { type: 'G', count: 1 } };

/** COPY in both directions, its formats, and its ends. */
export const copies: Theme<PostgresStep> = {
  name: 'COPY',
  cases: [
    {
      name: 'out as text',
      steps: [sql('COPY numbers TO STDOUT'), sql("COPY (SELECT NULL, E'tab\\t\\\\nl\\n', '☃') TO STDOUT")],
    },
    {
      name: 'out as CSV with a header',
      steps: [sql('COPY (SELECT 1 AS a, \'x "y", z\' AS b, NULL AS c) TO STDOUT (FORMAT csv, HEADER)')],
    },
    {
      name: 'out in binary',
      steps: [sql('COPY (SELECT n, word FROM numbers WHERE n < 4) TO STDOUT (FORMAT binary)')],
    },
    { name: 'out of nothing', steps: [sql('COPY notes TO STDOUT')] },
    {
      name: 'out of 20,000 rows',
      steps: [sql('COPY (SELECT g FROM generate_series(1, 20000) g) TO STDOUT')],
    },
    { name: 'out in the extended protocol', steps: [extended('COPY numbers TO STDOUT')] },
    {
      name: 'out that fails on the way',
      errors: ['22012'],
      steps: [sql('COPY (SELECT 1 / (5 - g) FROM generate_series(1, 10) g) TO STDOUT'), sql('SELECT 1')],
    },
    {
      name: 'in as text',
      steps: [
        say([query(into)], began),
        say([copyData('a\tone\nb\t\\N\n'), copyData('c\tthree\n'), copyDone], {
          until: { type: 'Z', count: 1 },
        }),
        all,
      ],
    },
    {
      name: 'in as text, sent ahead',
      steps: [say([query(into), copyData('a\tone\n'), copyData('b\t'), copyData('two\n'), copyDone]), all],
    },
    {
      name: 'in as CSV',
      steps: [
        say([
          query('COPY notes (title, body) FROM STDIN (FORMAT csv, HEADER)'),
          copyData('title,body\n"a, ""b""",\nc,"x\ny"\n'),
          copyDone,
        ]),
        all,
      ],
    },
    {
      name: 'in as binary',
      steps: [
        sql('CREATE TABLE made (a int)'),
        say([
          query('COPY made FROM STDIN (FORMAT binary)'),
          copyData(header),
          copyData(Buffer.concat([numberRow(7), numberRow(-1)])),
          copyData(trailer),
          copyDone,
        ]),
        sql('SELECT * FROM made'),
      ],
    },
    { name: 'in of nothing', steps: [say([query(into), copyDone]), all] },
    {
      name: 'in of 4,000 rows in many messages',
      steps: [
        say([
          query(into),
          ...Array.from({ length: 200 }, (_, part) =>
            copyData(Array.from({ length: 20 }, (_, n) => `${part}-${n}\tx\n`).join('')),
          ),
          copyDone,
        ]),
        sql('SELECT count(*), max(title) FROM notes'),
      ],
    },
    {
      name: 'in of one message of 2 MB',
      steps: [
        say([query(into), copyData(`a\t${'x'.repeat(2_000_000)}\n`), copyDone]),
        sql('SELECT length(body) FROM notes'),
      ],
    },
    {
      name: 'in that the client gives up',
      errors: ['57014'],
      steps: [say([query(into), copyData('a\tone\n'), copyFail]), all],
    },
    {
      name: 'in with a bad line',
      errors: ['22P04'],
      steps: [say([query(into), copyData('a\tone\nb\n'), copyDone]), all],
    },
    {
      name: 'in with a bad value and more data behind it',
      errors: ['22P02'],
      steps: [
        say([
          query('COPY notes (title, stars) FROM STDIN'),
          copyData('a\tx\n'),
          ...Array.from({ length: 20 }, (_, n) => copyData(`${n}\t1\n`)),
          copyDone,
        ]),
        all,
      ],
    },
    {
      name: 'in that breaks a constraint',
      errors: ['23514'],
      steps: [say([query('COPY notes (title, stars) FROM STDIN'), copyData('a\t9\n'), copyDone]), all],
    },
    {
      name: 'in that leaves bad lines out',
      steps: [
        say([
          query('COPY notes (title, stars) FROM STDIN (ON_ERROR ignore, LOG_VERBOSITY verbose)'),
          copyData('a\tx\nb\t2\n'),
          copyDone,
        ]),
        all,
      ],
    },
    {
      name: 'in that is not allowed',
      errors: ['42501'],
      steps: [sql("COPY numbers FROM '/etc/passwd'"), sql('SELECT 1')],
    },
    {
      name: 'in to a table that is not there',
      errors: ['42P01'],
      steps: [say([query('COPY nowhere FROM STDIN'), copyData('a\n'), copyDone]), sql('SELECT 1')],
    },
    {
      name: 'in the extended protocol',
      steps: [
        say([parse('', into), bind('', ''), describePortal(''), execute(''), flush], began),
        say([copyData('a\tone\n'), copyDone, sync]),
        all,
      ],
    },
    {
      name: 'in the extended protocol, with a Sync before the data that the server drops',
      steps: [
        say([parse('', into), bind('', ''), execute(''), sync], began),
        say([copyData('a\tone\n'), copyDone, sync]),
        all,
      ],
    },
    {
      name: 'in the extended protocol, failing',
      errors: ['22P04'],
      steps: [
        say([parse('', into), bind('', ''), execute(''), flush], began),
        say([copyData('a\n'), copyDone, sync]),
        all,
      ],
    },
    {
      name: 'in the extended protocol, given up',
      errors: ['57014'],
      steps: [say([parse('', into), bind('', ''), execute(''), flush], began), say([copyFail, sync]), all],
    },
    {
      name: 'a query in the middle of the data ends the session',
      errors: ['08P01', '08P01'],
      steps: [
        say([query(into)], began),
        say([copyData('a\tone\n'), query('SELECT 1')], { until: 'closed' }),
        sql('SELECT count(*) FROM notes', { on: 'other' }),
      ],
    },
    {
      name: 'data, its end and its failure without a COPY',
      steps: [say([copyData('x'), copyDone, copyFail, sync]), sql('SELECT 1')],
    },
    {
      name: 'out and in, in one text of many statements',
      steps: [
        say([
          query(`COPY numbers TO STDOUT; ${into}; SELECT count(*) FROM notes; ${into}`),
          copyData('a\tone\n'),
          copyDone,
          copyData('b\ttwo\n'),
          copyDone,
        ]),
        all,
      ],
    },
    {
      name: 'in within a transaction that is rolled back',
      steps: [sql('BEGIN'), say([query(into), copyData('a\tone\n'), copyDone]), sql('ROLLBACK'), all],
    },
    {
      name: 'in with the old end mark',
      steps: [say([query(into), copyData('a\tone\n\\.\n'), copyDone]), all],
    },
  ],
};
