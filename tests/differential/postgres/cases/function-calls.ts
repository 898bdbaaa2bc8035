import { functionCall } from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { extended, type PostgresStep, say, sql } from '../steps.ts';

/** Object ids of built-in functions. */
const oids = { int4pl: 177, int4div: 154, textcat: 1258, upper: 871, version: 89 } as const;

/** The FunctionCall message, which old drivers use for large objects. */
export const functionCalls: Theme<PostgresStep> = {
  name: 'function calls',
  cases: [
    {
      name: 'with text',
      steps: [
        say([functionCall(oids.int4pl, ['40', '2'])]),
        say([functionCall(oids.textcat, ['straße ', '☃'])]),
      ],
    },
    {
      name: 'in binary',
      steps: [say([functionCall(oids.int4pl, [Buffer.from([0, 0, 0, 40]), Buffer.from([0, 0, 0, 2])], 1)])],
    },
    { name: 'without arguments', steps: [say([functionCall(oids.version, [])])] },
    {
      name: 'with NULL for a function that is strict',
      steps: [say([functionCall(oids.textcat, ['a', null])])],
    },
    {
      name: 'that fails',
      errors: ['22012'],
      steps: [say([functionCall(oids.int4div, ['1', '0'])]), sql('SELECT 1')],
    },
    {
      name: 'of a function that needs a collation',
      errors: ['42P22'],
      steps: [say([functionCall(oids.upper, ['a'])])],
    },
    {
      name: 'of a function that is not there',
      errors: ['42883'],
      steps: [say([functionCall(999_999_999, [])])],
    },
    {
      name: 'with the wrong number of arguments',
      errors: ['08P01'],
      steps: [say([functionCall(oids.upper, ['a', 'b'])])],
    },
    {
      name: 'in a transaction that failed',
      errors: ['22012', '25P02'],
      steps: [sql('BEGIN'), sql('SELECT 1/0'), say([functionCall(oids.version, [])]), sql('ROLLBACK')],
    },
    {
      name: 'between statements of a pipeline',
      steps: [
        say([functionCall(oids.int4pl, ['1', '2']), functionCall(oids.int4pl, ['3', '4'])]),
        extended('SELECT 1'),
      ],
    },
    {
      name: 'large objects',
      steps: [
        sql('BEGIN'),
        sql("SELECT lo_from_bytea(4242, '\\x010203')"),
        sql('SELECT lo_get(4242)'),
        sql('SELECT lo_unlink(4242)'),
        sql('COMMIT'),
      ],
    },
  ],
};
