import { sync } from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import {
  awaitWaiting,
  extended,
  extendedCalls,
  hear,
  type PostgresStep,
  say,
  sql,
  unheard,
} from '../steps.ts';

const cancel: PostgresStep = { kind: 'cancel', on: 'main' };
const killSleepers: PostgresStep = {
  kind: 'superuser',
  sql: "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $login AND wait_event = 'PgSleep'",
};

/** Cancels, kills, and what a session says when it ends. */
export const sessionEnds: Theme<PostgresStep> = {
  name: 'cancels and ends',
  cases: [
    {
      name: 'a simple query that is cancelled',
      errors: ['57014'],
      steps: [
        sql('SELECT pg_sleep(30)', unheard()),
        awaitWaiting('PgSleep'),
        cancel,
        hear(),
        sql('SELECT 1'),
      ],
    },
    {
      name: 'an extended query that is cancelled',
      errors: ['57014'],
      steps: [
        extended('SELECT pg_sleep(30)', {}, unheard()),
        awaitWaiting('PgSleep'),
        cancel,
        hear(),
        extended('SELECT 1'),
      ],
    },
    {
      name: 'a statement in the middle of a pipeline that is cancelled',
      errors: ['57014'],
      steps: [
        say(
          [
            ...extendedCalls('SELECT 1'),
            sync,
            ...extendedCalls('SELECT pg_sleep(30)'),
            ...extendedCalls('SELECT 2'),
            sync,
            ...extendedCalls('SELECT 3'),
            sync,
          ],
          unheard(),
        ),
        awaitWaiting('PgSleep'),
        cancel,
        hear('main', { type: 'Z', count: 3 }),
      ],
    },
    {
      name: 'a cancelled statement of a transaction',
      errors: ['57014', '25P02'],
      steps: [
        sql('BEGIN'),
        sql('SELECT pg_sleep(30)', unheard()),
        awaitWaiting('PgSleep'),
        cancel,
        hear(),
        sql('SELECT 1'),
        sql('ROLLBACK'),
      ],
    },
    { name: 'a cancel when nothing runs', steps: [sql('SELECT 1'), cancel, sql('SELECT 2')] },
    {
      name: 'a session that the server ends while it works',
      errors: ['57P01'],
      steps: [
        sql('SELECT pg_sleep(30)', unheard()),
        awaitWaiting('PgSleep'),
        killSleepers,
        hear('main', 'closed'),
      ],
    },
    {
      name: 'a session that the server ends in the extended protocol',
      errors: ['57P01'],
      steps: [
        extended('SELECT pg_sleep(30)', {}, unheard()),
        awaitWaiting('PgSleep'),
        killSleepers,
        hear('main', 'closed'),
      ],
    },
    {
      name: 'a session that ends itself',
      errors: ['57P01'],
      steps: [sql('SELECT pg_terminate_backend(pg_backend_pid())', { until: 'closed' })],
    },
    {
      name: 'a session that cancels itself',
      errors: ['57014'],
      steps: [sql('SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1)'), sql('SELECT 1')],
    },
    {
      name: 'a session that another of the same login ends',
      errors: ['57P01'],
      steps: [
        sql('SELECT pg_sleep(30)', unheard()),
        awaitWaiting('PgSleep'),
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'", {
          on: 'other',
        }),
        hear('main', 'closed'),
      ],
    },
    {
      name: 'a session that the server ends while idle',
      errors: ['57P01'],
      steps: [
        sql("SET application_name = 'doomed'"),
        {
          kind: 'superuser',
          sql: "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'doomed'",
        },
        hear('main', 'closed'),
      ],
    },
    {
      name: 'what was done before the end stays',
      errors: ['57P01'],
      steps: [
        sql("INSERT INTO notes (title) VALUES ('kept')"),
        sql('BEGIN'),
        sql("INSERT INTO notes (title) VALUES ('lost')"),
        sql('SELECT pg_sleep(30)', unheard()),
        awaitWaiting('PgSleep'),
        killSleepers,
        hear('main', 'closed'),
        sql('SELECT title FROM notes', { on: 'other' }),
      ],
    },
    {
      name: 'two sessions of one login see each other',
      steps: [
        sql("SET application_name = 'one'"),
        sql('SELECT 1', { on: 'other' }),
        sql("SELECT count(*), max(usename) FROM pg_stat_activity WHERE application_name = 'one'", {
          on: 'other',
        }),
      ],
    },
  ],
};
