import { query, sync } from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { extended, hear, type PostgresStep, say, sql, sqls } from '../steps.ts';

const raise = (level: string, text: string) => `DO $$ BEGIN RAISE ${level} ${text}; END $$`;

/** Notices, warnings and notifications, which nobody asked for. */
export const messagesBetween: Theme<PostgresStep> = {
  name: 'notices and notifications',
  cases: [
    {
      name: 'notices of every level',
      steps: [
        sql("SET client_min_messages = 'debug1'"),
        sql('SET client_min_messages = log'),
        ...sqls(raise('LOG', "'l'"), raise('INFO', "'i'"), raise('NOTICE', "'n'"), raise('WARNING', "'w'")),
      ],
    },
    {
      name: 'a notice with all fields',
      steps: [
        sql(
          raise(
            'WARNING',
            "'said' USING DETAIL = 'd', HINT = 'h', ERRCODE = '01ABC', COLUMN = 'c', CONSTRAINT = 'k', DATATYPE = 't', TABLE = 'a', SCHEMA = 's'",
          ),
        ),
      ],
    },
    {
      name: 'many notices before an error',
      errors: ['P0001'],
      steps: [
        sql(
          "DO $$ BEGIN FOR i IN 1..100 LOOP RAISE NOTICE 'n %', i; END LOOP; RAISE EXCEPTION 'end'; END $$",
        ),
      ],
    },
    {
      name: 'notices between rows',
      steps: [
        sql(
          "CREATE FUNCTION loud(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'at %', i; RETURN i; END $$",
        ),
        sql('SELECT loud(g) FROM generate_series(1, 10) g'),
        extended('SELECT loud(g) FROM generate_series(1, 10) g'),
      ],
    },
    { name: 'a notice of 100,000 letters', steps: [sql(raise('NOTICE', "'%', repeat('x', 100000)"))] },
    {
      name: 'notices that are switched off',
      steps: sqls('SET client_min_messages = error', raise('WARNING', "'w'"), 'DROP TABLE IF EXISTS nowhere'),
    },
    {
      name: 'notices of commands',
      steps: sqls(
        'DROP TABLE IF EXISTS nowhere',
        'CREATE TABLE IF NOT EXISTS notes (a int)',
        'CREATE TABLE a (a int)',
        'CREATE TABLE b (a int) INHERITS (a)',
        'TRUNCATE numbers CASCADE',
        'DROP TABLE a CASCADE',
      ),
    },
    {
      name: 'names that are cut',
      steps: sqls(`SELECT 1 AS ${'x'.repeat(80)}`, `CREATE TABLE ${'y'.repeat(80)} (a int)`),
    },
    {
      name: 'a notification to oneself',
      steps: sqls('LISTEN a', "NOTIFY a, 'x'", 'UNLISTEN a', "NOTIFY a, 'y'"),
    },
    {
      name: 'a notification within a transaction comes at its end',
      steps: sqls(
        'LISTEN a',
        'BEGIN',
        "NOTIFY a, '1'",
        "SELECT pg_notify('a', '2')",
        "NOTIFY a, '1'",
        'COMMIT',
      ),
    },
    {
      name: 'a notification of a transaction that is rolled back',
      steps: sqls('LISTEN a', 'BEGIN', 'NOTIFY a', 'ROLLBACK', 'SELECT 1'),
    },
    {
      name: 'a notification from somebody else, while idle',
      steps: [
        sql('LISTEN a'),
        sql("NOTIFY a, 'from afar ☃'", { on: 'other' }),
        hear('main', { type: 'A', count: 1 }),
      ],
    },
    {
      name: 'many notifications from somebody else',
      steps: [
        sql('LISTEN a'),
        sql("SELECT pg_notify('a', g::text) FROM generate_series(1, 200) g", { on: 'other' }),
        hear('main', { type: 'A', count: 200 }),
      ],
    },
    {
      name: 'a notification waits for the end of a transaction',
      steps: [
        sql('LISTEN a'),
        sql('BEGIN'),
        sql("NOTIFY a, 'x'", { on: 'other' }),
        sql('SELECT 1'),
        sql('COMMIT'),
      ],
    },
    {
      name: 'nobody hears what they do not listen to',
      steps: [sql('LISTEN b'), sql("NOTIFY a, 'x'", { on: 'other' }), sql('SELECT 1')],
    },
    {
      name: 'which channels one listens to',
      steps: sqls(
        'LISTEN a',
        'LISTEN "Ä ☃"',
        'SELECT * FROM pg_listening_channels()',
        'UNLISTEN *',
        'SELECT * FROM pg_listening_channels()',
      ),
    },
    {
      name: 'LISTEN and NOTIFY in the extended protocol and in pipelines',
      steps: [
        extended('LISTEN a'),
        extended("SELECT pg_notify('a', $1)", { values: ['x'] }),
        say([query("NOTIFY a, '1'"), query("NOTIFY a, '2'"), sync]),
      ],
    },
    {
      name: 'a notification that is too long',
      errors: ['22023'],
      steps: [sql("SELECT pg_notify('a', repeat('x', 8000))")],
    },
  ],
};
