import {
  bind,
  closeStatement,
  describeStatement,
  execute,
  parse,
  sync,
} from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { extended, type PostgresStep, say, sql, sqls } from '../steps.ts';

const run = (name: string, ...values: readonly string[]) => [bind('', name, { values }), execute('')];

/** Statements with names: made by the protocol or by SQL, used, replaced, forgotten. */
export const preparedStatements: Theme<PostgresStep> = {
  name: 'prepared statements',
  cases: [
    {
      name: 'one statement, used many times',
      steps: [
        say([parse('a', 'SELECT word FROM numbers WHERE n = $1'), describeStatement('a'), sync]),
        ...['1', '5', '99', '20'].map((n) => say([...run('a', n), sync])),
      ],
    },
    {
      name: 'two hundred statements',
      steps: [
        say([...Array.from({ length: 200 }, (_, n) => parse(`s${n}`, `SELECT ${n}`)), sync]),
        say([...Array.from({ length: 200 }, (_, n) => run(`s${199 - n}`)).flat(), sync]),
      ],
    },
    {
      name: 'a name that is taken',
      errors: ['42P05'],
      steps: [
        say([parse('a', 'SELECT 1'), sync]),
        say([parse('a', 'SELECT 2'), sync]),
        say([...run('a'), sync]),
      ],
    },
    {
      name: 'a name that is closed and taken again',
      steps: [say([parse('a', 'SELECT 1'), closeStatement('a'), parse('a', 'SELECT 2'), ...run('a'), sync])],
    },
    {
      name: 'a name that failed is free',
      errors: ['42601'],
      steps: [say([parse('a', 'SELEC'), sync]), say([parse('a', 'SELECT 1'), ...run('a'), sync])],
    },
    {
      name: 'a statement outlives the transaction that made it, and that failed',
      errors: ['22012'],
      steps: [
        sql('BEGIN'),
        say([parse('a', 'SELECT 1'), sync]),
        sql('SELECT 1/0'),
        sql('ROLLBACK'),
        say([...run('a'), sync]),
      ],
    },
    {
      name: 'PREPARE, EXECUTE and DEALLOCATE',
      errors: ['26000'],
      steps: sqls(
        'PREPARE a (int) AS SELECT word FROM numbers WHERE n = $1',
        'EXECUTE a (3)',
        'SELECT name, statement, parameter_types, from_sql FROM pg_prepared_statements',
        'DEALLOCATE a',
        'EXECUTE a (3)',
      ),
    },
    {
      name: 'made by SQL, used by the protocol',
      steps: [
        sql('PREPARE a (int) AS SELECT $1 + 1'),
        say([describeStatement('a'), ...run('a', '41'), sync]),
      ],
    },
    {
      name: 'made by the protocol, used by SQL',
      steps: [say([parse('a', 'SELECT $1::int + 1'), sync]), sql('EXECUTE a (41)')],
    },
    {
      name: 'DEALLOCATE ALL',
      errors: ['26000'],
      steps: [
        say([parse('a', 'SELECT 1'), sync]),
        sql('PREPARE b AS SELECT 2'),
        sql('DEALLOCATE ALL'),
        say([...run('a'), sync]),
        sql('SELECT count(*) FROM pg_prepared_statements'),
      ],
    },
    {
      name: 'DISCARD ALL',
      errors: ['26000'],
      steps: [say([parse('a', 'SELECT 1'), sync]), sql('DISCARD ALL'), say([...run('a'), sync])],
    },
    {
      name: 'a statement whose table changes under it',
      errors: ['0A000'],
      steps: [
        say([parse('a', 'SELECT * FROM notes'), ...run('a'), sync]),
        sql('ALTER TABLE notes ADD more int'),
        say([...run('a'), sync]),
        say([parse('b', 'SELECT * FROM notes'), ...run('b'), sync]),
      ],
    },
    {
      name: 'a statement whose table goes away',
      errors: ['42P01'],
      steps: [
        sql('CREATE TABLE going (a int)'),
        say([parse('a', 'SELECT * FROM going'), sync]),
        sql('DROP TABLE going'),
        say([...run('a'), sync]),
      ],
    },
    {
      name: 'the plan of a statement after many uses',
      steps: [
        sql('PREPARE a (int) AS SELECT word FROM numbers WHERE n = $1'),
        ...sqls(...Array.from({ length: 7 }, (_, n) => `EXECUTE a (${n})`)),
        sql('SELECT generic_plans, custom_plans FROM pg_prepared_statements'),
      ],
    },
    {
      name: 'a Parse that fails in a pipeline, with Bind and Execute of the same name behind it',
      errors: ['42P01', '26000'],
      steps: [
        say([
          parse('a', 'SELECT * FROM nowhere'),
          ...run('a'),
          sync,
          ...run('a'),
          sync,
          parse('a', 'SELECT 1'),
          ...run('a'),
          sync,
        ]),
      ],
    },
    {
      name: 'what only a failed transaction can still do',
      errors: ['22012', '25P02'],
      steps: [
        say([parse('end', 'ROLLBACK'), parse('a', 'SELECT 1'), sync]),
        extended('BEGIN'),
        extended('SELECT 1/0'),
        say([...run('a'), sync]),
        say([...run('end'), sync]),
        say([...run('a'), sync]),
      ],
    },
    {
      name: 'a statement whose table is hidden by a temporary one later',
      // A server makes the schema for temporary tables once, at the first of them, and then plans anew.
      steps: [
        sql('CREATE TEMP TABLE first (a int)'),
        sql('CREATE TABLE public_n AS SELECT 1 AS n'),
        say([parse('a', 'SELECT n FROM public_n'), ...run('a'), sync]),
        sql('CREATE TEMP TABLE public_n AS SELECT 2 AS n'),
        say([...run('a'), sync]),
      ],
    },
  ],
};
