import {
  bind,
  copyData,
  copyDone,
  describePortal,
  execute,
  flush,
  parse,
  query,
  sync,
} from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { extended, extendedCalls, type PostgresStep, say, sql } from '../steps.ts';

const each = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Many messages before the first answer. */
export const pipelines: Theme<PostgresStep> = {
  name: 'pipelines',
  cases: [
    {
      name: 'twenty statements with a Sync each',
      steps: [say(each(20).flatMap((n) => [...extendedCalls(`SELECT ${n}`), sync]))],
    },
    {
      name: 'a thousand statements with a Sync each',
      steps: [
        say(
          each(1000).flatMap((n) => [
            ...extendedCalls('SELECT $1::int, $2::text', { values: [String(n), 'x'.repeat(n % 50)] }),
            sync,
          ]),
        ),
      ],
    },
    {
      name: 'a hundred statements and one Sync',
      steps: [say([...each(100).flatMap((n) => extendedCalls(`SELECT ${n}`)), sync])],
    },
    {
      name: 'a slow statement in the middle',
      steps: [
        say(
          each(9).flatMap((n) => [...extendedCalls(n === 4 ? 'SELECT pg_sleep(0.05)' : `SELECT ${n}`), sync]),
        ),
        extended('SELECT 100'),
      ],
    },
    {
      name: 'a write that begins with a Sync',
      steps: [
        say(extendedCalls('SELECT 1'), { until: { type: 'Z', count: 0 } }),
        say([sync, ...extendedCalls('SELECT 2'), sync]),
      ],
    },
    {
      name: 'errors in batches, each answered up to its Sync',
      errors: each(25).map(() => '22012'),
      steps: [
        say(
          each(100).flatMap((n) => [
            ...extendedCalls(`SELECT 1 / (${n} % 4)`),
            ...extendedCalls(`SELECT ${n}`),
            sync,
          ]),
        ),
      ],
    },
    {
      name: 'an error undoes its batch and no other',
      errors: ['22012'],
      steps: [
        say([
          ...extendedCalls("INSERT INTO notes (title) VALUES ('a')"),
          sync,
          ...extendedCalls("INSERT INTO notes (title) VALUES ('b')"),
          ...extendedCalls('SELECT 1/0'),
          sync,
          ...extendedCalls("INSERT INTO notes (title) VALUES ('c')"),
          sync,
        ]),
        sql('SELECT title FROM notes ORDER BY title'),
      ],
    },
    {
      name: 'errors at each message of a batch',
      errors: ['42601', '22P02', '34000', '22012'],
      steps: [
        say([
          ...extendedCalls('SELEC'),
          sync,
          ...extendedCalls('SELECT $1::int', { values: ['x'] }),
          sync,
          parse('', 'SELECT 1'),
          bind('', ''),
          describePortal('nowhere'),
          execute(''),
          sync,
          ...extendedCalls('SELECT 1/0'),
          sync,
          ...extendedCalls('SELECT 5'),
          sync,
        ]),
      ],
    },
    {
      name: 'a transaction in one pipeline',
      steps: [
        say([
          ...extendedCalls('BEGIN'),
          ...extendedCalls("INSERT INTO notes (title) VALUES ('a')"),
          ...extendedCalls('COMMIT'),
          ...extendedCalls('SELECT count(*) FROM notes'),
          sync,
        ]),
      ],
    },
    {
      name: 'a transaction over Syncs in one pipeline',
      errors: ['22012', '25P02'],
      steps: [
        say([
          ...extendedCalls('BEGIN'),
          sync,
          ...extendedCalls('SELECT 1/0'),
          sync,
          ...extendedCalls('SELECT 1'),
          sync,
          ...extendedCalls('ROLLBACK'),
          sync,
          ...extendedCalls('SELECT 2'),
          sync,
        ]),
      ],
    },
    {
      name: 'a COMMIT in the middle of a batch that fails later',
      errors: ['22012'],
      steps: [
        say([
          ...extendedCalls("INSERT INTO notes (title) VALUES ('a')"),
          ...extendedCalls('COMMIT'),
          ...extendedCalls("INSERT INTO notes (title) VALUES ('b')"),
          ...extendedCalls('SELECT 1/0'),
          sync,
        ]),
        sql('SELECT title FROM notes'),
      ],
    },
    {
      name: 'simple and extended queries in turn',
      steps: [
        say(
          each(30).flatMap((n) =>
            n % 2 === 0 ? [query(`SELECT ${n}`)] : [...extendedCalls(`SELECT ${n}`), sync],
          ),
        ),
      ],
    },
    {
      name: 'Flush and Sync mixed',
      steps: [
        say([...extendedCalls('SELECT 1'), flush, ...extendedCalls('SELECT 2'), flush, sync, flush, sync]),
      ],
    },
    {
      name: 'portions of portals in a pipeline',
      steps: [
        say(
          each(5).flatMap((n) => [
            parse('', 'SELECT g FROM generate_series(1, 10) g'),
            bind('', ''),
            execute('', n + 1),
            execute('', n + 1),
            sync,
          ]),
        ),
      ],
    },
    {
      name: 'COPY in the middle of a pipeline',
      steps: [
        say([
          ...extendedCalls('SELECT 1'),
          sync,
          query('COPY notes (title) FROM STDIN'),
          copyData('a\nb\n'),
          copyDone,
          ...extendedCalls('SELECT count(*) FROM notes'),
          sync,
        ]),
      ],
    },
    {
      name: 'a setting that the next statement sees',
      steps: [
        say([
          ...extendedCalls("SET application_name = 'piped'"),
          ...extendedCalls('SHOW application_name'),
          sync,
          ...extendedCalls('RESET application_name'),
          sync,
          ...extendedCalls('SHOW application_name'),
          sync,
        ]),
      ],
    },
    {
      name: 'notices in a pipeline',
      steps: [
        say(each(5).flatMap((n) => [...extendedCalls(`DO $$ BEGIN RAISE NOTICE 'n %', ${n}; END $$`), sync])),
      ],
    },
    {
      name: 'big answers to many statements',
      steps: [
        say(
          each(20).flatMap(() => [
            ...extendedCalls("SELECT repeat('x', 10000) FROM generate_series(1, 20)"),
            sync,
          ]),
        ),
      ],
    },
    {
      name: 'big parameters of many statements',
      steps: [
        say(
          each(20).flatMap((n) => [
            ...extendedCalls('SELECT length($1)', { values: ['y'.repeat(n * 5000)] }),
            sync,
          ]),
        ),
      ],
    },
    {
      name: 'a statement that waits while others are behind it',
      steps: [
        say([...extendedCalls('SELECT pg_advisory_lock(3)'), sync], { on: 'other' }),
        say([...extendedCalls('SELECT pg_advisory_lock(3)'), sync, ...extendedCalls('SELECT 2'), sync], {
          until: { type: 'Z', count: 0 },
        }),
        { kind: 'await', rows: "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted" },
        sql('SELECT pg_advisory_unlock(3)', { on: 'other' }),
        say([], { until: { type: 'Z', count: 2 } }),
      ],
    },
  ],
};
