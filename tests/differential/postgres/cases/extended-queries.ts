import {
  bind,
  closePortal,
  closeStatement,
  describePortal,
  describeStatement,
  execute,
  flush,
  parse,
  query,
  sync,
} from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { binary, extended, type PostgresStep, say, sql } from '../steps.ts';

const oids = { int4: 23, int8: 20, text: 25, bytea: 17, unknown: 705 } as const;

/** Parse, Bind, Describe, Execute, Close, Flush and Sync, alone and in every usual order. */
export const extendedQueries: Theme<PostgresStep> = {
  name: 'extended queries',
  cases: [
    { name: 'a lone Sync', steps: [say([sync])] },
    { name: 'many Syncs', steps: [say(Array.from({ length: 30 }, () => sync))] },
    { name: 'a statement without parameters', steps: [extended('SELECT 1')] },
    {
      name: 'parameters whose types the server finds',
      steps: [
        say([parse('', 'SELECT $1::int + $2, $3 || $4::text'), describeStatement(''), sync]),
        say([bind('', '', { values: ['1', '2', 'a', 'b'] }), execute(''), sync]),
      ],
    },
    {
      name: 'parameters whose types the client gives',
      steps: [
        say([
          parse('', 'SELECT $1, $2, $3', [oids.int8, 0, oids.bytea]),
          describeStatement(''),
          bind('', '', { values: ['7', 'x', '\\x00'] }),
          describePortal(''),
          execute(''),
          sync,
        ]),
      ],
    },
    {
      name: 'NULL for every parameter',
      steps: [extended('SELECT $1::int, $2::text, $3::bytea', { values: [null, null, null] })],
    },
    {
      name: 'no parameters where some are wanted',
      errors: ['08P01'],
      steps: [extended('SELECT $1::int'), extended('SELECT 1')],
    },
    {
      name: 'more parameters than are wanted',
      errors: ['08P01'],
      steps: [extended('SELECT $1::int', { values: ['1', '2'] })],
    },
    {
      name: 'a parameter of an unknown type',
      errors: ['42P18'],
      steps: [extended('SELECT $2::int', { values: ['1', '2'] })],
    },
    {
      name: 'a wrong number of formats',
      errors: ['08P01'],
      steps: [extended('SELECT $1::int, $2::int, $3::int', { values: ['1', '2', '3'], formats: [0, 0] })],
    },
    {
      name: 'a wrong number of result formats',
      errors: ['08P01'],
      steps: [extended('SELECT 1, 2, 3', { results: [0, 1] })],
    },
    {
      name: 'a format that does not exist',
      errors: ['22023'],
      steps: [extended('SELECT $1::int', { values: ['1'], formats: [7] })],
    },
    {
      name: 'formats for each parameter',
      steps: [
        extended('SELECT $1::int4, $2::text, $3::int8', {
          values: [Buffer.from([0, 0, 0, 9]), 'x', '8'],
          formats: [1, 0, 0],
          results: [0, 1, 1],
        }),
      ],
    },
    {
      name: 'a binary value of the wrong length',
      errors: ['08P01'],
      steps: [extended('SELECT $1::int4', { values: [Buffer.from([1, 2])], formats: [1] })],
    },
    {
      name: 'a text value that does not fit its type',
      errors: ['22P02'],
      steps: [extended('SELECT $1::int4', { values: ['x'] })],
    },
    {
      name: 'a text value with a NUL byte',
      errors: ['22021'],
      steps: [extended('SELECT $1::text', { values: [Buffer.from('a\0b')] })],
    },
    {
      name: 'a value that is not UTF-8',
      errors: ['22021'],
      steps: [extended('SELECT $1::text', { values: [Buffer.from('ff', 'hex')] })],
    },
    { name: 'the empty statement', steps: [extended(''), extended(' -- nothing')] },
    {
      name: 'two statements in one Parse',
      errors: ['42601'],
      steps: [extended('SELECT 1; SELECT 2'), extended('SELECT 1;')],
    },
    {
      name: 'a statement without results described',
      steps: [
        extended("INSERT INTO notes (title) VALUES ('a')"),
        say([
          parse('', 'CREATE TABLE made (a int)'),
          describeStatement(''),
          bind('', ''),
          describePortal(''),
          execute(''),
          sync,
        ]),
      ],
    },
    {
      name: 'INSERT with RETURNING',
      steps: [
        extended('INSERT INTO notes (title, stars) VALUES ($1, $2) RETURNING id, title', {
          values: ['a', '3'],
        }),
        binary('INSERT INTO notes (title) SELECT word FROM numbers RETURNING id, title'),
      ],
    },
    {
      name: 'UPDATE and DELETE',
      steps: [
        extended('UPDATE numbers SET word = $1 WHERE n < $2', { values: ['x', '4'] }),
        extended('DELETE FROM numbers WHERE n = ANY ($1)', { values: ['{1,2,99}'] }),
      ],
    },
    {
      name: 'arrays and enumerations as parameters',
      steps: [
        extended('SELECT $1::mood, $2::mood[], $3::int[]', { values: ['ok', '{sad,happy}', '{1,NULL}'] }),
        binary('SELECT $1::mood, $2::int[]', { values: ['ok', '{1,NULL}'] }),
      ],
    },
    {
      name: 'a thousand parameters',
      steps: [
        extended(`SELECT ${Array.from({ length: 1000 }, (_, n) => `$${n + 1}::int`).join(' + ')}`, {
          values: Array.from({ length: 1000 }, (_, n) => String(n)),
        }),
      ],
    },
    {
      name: '65,535 parameters',
      steps: [
        extended(
          `SELECT count(*) FROM (VALUES ${Array.from({ length: 65_535 }, (_, n) => `($${n + 1}::int)`).join(',')}) v`,
          { values: Array.from({ length: 65_535 }, (_, n) => String(n)) },
        ),
      ],
    },
    {
      name: 'Execute without Describe',
      steps: [say([parse('', 'SELECT n, word FROM numbers WHERE n < 3'), bind('', ''), execute(''), sync])],
    },
    {
      name: 'Execute twice of one portal',
      steps: [
        say([parse('', 'SELECT n FROM numbers WHERE n < 3'), bind('', ''), execute(''), execute(''), sync]),
      ],
    },
    {
      name: 'Execute twice of an INSERT',
      errors: ['55000'],
      steps: [
        say([
          parse('', "INSERT INTO notes (title) VALUES ('a')"),
          bind('', ''),
          execute(''),
          execute(''),
          sync,
        ]),
        extended('SELECT count(*) FROM notes'),
      ],
    },
    {
      name: 'Bind twice of one statement',
      steps: [
        say([
          parse('', 'SELECT $1::int'),
          bind('', '', { values: ['1'] }),
          execute(''),
          bind('', '', { values: ['2'] }),
          execute(''),
          sync,
        ]),
      ],
    },
    {
      name: 'Describe of what is not there',
      errors: ['26000', '34000'],
      steps: [say([describeStatement('nowhere'), sync]), say([describePortal('nowhere'), sync])],
    },
    {
      name: 'Bind and Execute of what is not there',
      errors: ['26000', '34000'],
      steps: [say([bind('', 'nowhere'), execute(''), sync]), say([execute('nowhere'), sync])],
    },
    {
      name: 'Close of what is not there',
      steps: [
        say([closeStatement('nowhere'), closePortal('nowhere'), closeStatement(''), closePortal(''), sync]),
      ],
    },
    {
      name: 'the unnamed statement after a simple query',
      errors: ['26000'],
      steps: [say([parse('', 'SELECT 1'), sync]), sql('SELECT 2'), say([bind('', ''), execute(''), sync])],
    },
    {
      name: 'the unnamed portal after its transaction',
      errors: ['34000'],
      steps: [say([parse('', 'SELECT 1'), bind('', ''), sync]), say([execute(''), sync])],
    },
    {
      name: 'the unnamed statement outlives a Sync',
      steps: [
        say([parse('', 'SELECT $1::int'), sync]),
        say([bind('', '', { values: ['5'] }), execute(''), sync]),
        say([bind('', '', { values: ['6'] }), execute(''), sync]),
      ],
    },
    {
      name: 'Flush brings what is answered so far',
      steps: [
        say([parse('', 'SELECT 1'), flush], { until: { type: '1', count: 1 } }),
        say([bind('', ''), describePortal(''), flush], { until: { type: 'T', count: 1 } }),
        say([execute(''), flush], { until: { type: 'C', count: 1 } }),
        say([sync]),
      ],
    },
    {
      name: 'Flush after an error',
      errors: ['42601'],
      steps: [
        say([parse('', 'SELEC'), flush], { until: { type: 'E', count: 1 } }),
        say([bind('', ''), execute(''), flush, sync]),
      ],
    },
    {
      name: 'a simple query in the middle of a batch',
      steps: [say([parse('', 'SELECT 1'), bind('', ''), query('SELECT 2'), sync])],
    },
    {
      name: 'a simple query in the middle of a failed batch is dropped',
      errors: ['42601'],
      steps: [say([parse('', 'SELEC'), query('SELECT 2'), sync], { until: { type: 'Z', count: 1 } })],
    },
    {
      name: 'everything after an error is dropped to the Sync',
      errors: ['22012'],
      steps: [
        say([
          parse('', 'SELECT 1/0'),
          bind('', ''),
          execute(''),
          parse('late', 'SELECT 2'),
          bind('', 'late'),
          execute(''),
          closeStatement('late'),
          sync,
        ]),
        say([parse('late', 'SELECT 3'), bind('', 'late'), execute(''), sync]),
      ],
    },
    {
      name: 'the commands of a transaction',
      steps: [
        extended('BEGIN'),
        extended("INSERT INTO notes (title) VALUES ('a')"),
        extended('COMMIT'),
        extended('SELECT count(*) FROM notes'),
      ],
    },
    {
      name: 'EXPLAIN, SHOW and CALL',
      steps: [
        extended('EXPLAIN (COSTS off) SELECT 1'),
        extended('SHOW DateStyle'),
        binary('SHOW DateStyle'),
        sql('CREATE PROCEDURE p(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN a := a + 1; END $$'),
        extended('CALL p($1)', { values: ['4'] }),
      ],
    },
    {
      name: 'a name of 63 bytes, and one that is longer',
      steps: [
        say([
          parse('n'.repeat(63), 'SELECT 1'),
          bind('p'.repeat(63), 'n'.repeat(63)),
          execute('p'.repeat(63)),
          sync,
        ]),
        say([parse('m'.repeat(100), 'SELECT 2'), bind('', 'm'.repeat(100)), execute(''), sync]),
      ],
    },
    {
      name: 'names in many scripts',
      steps: [
        say([
          parse('оператор ☃', 'SELECT 1'),
          bind('портал', 'оператор ☃'),
          execute('портал'),
          closePortal('портал'),
          closeStatement('оператор ☃'),
          sync,
        ]),
      ],
    },
  ],
};
