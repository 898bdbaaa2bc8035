import {
  bind,
  closePortal,
  describePortal,
  execute,
  flush,
  parse,
  sync,
} from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { type PostgresStep, say, sql, sqls } from '../steps.ts';

const numbers = 'SELECT n, word FROM numbers ORDER BY n';

/** Portals that are fetched in portions, and cursors of SQL. */
export const cursors: Theme<PostgresStep> = {
  name: 'cursors',
  cases: [
    {
      name: 'a portal in portions, to its end',
      steps: [
        say([
          parse('', numbers),
          bind('', ''),
          describePortal(''),
          execute('', 7),
          execute('', 7),
          execute('', 7),
          execute('', 7),
          sync,
        ]),
      ],
    },
    {
      name: 'a portal with a limit of exactly its rows',
      steps: [say([parse('', numbers), bind('', ''), execute('', 20), execute('', 20), sync])],
    },
    {
      name: 'a portal with a limit above its rows',
      steps: [say([parse('', numbers), bind('', ''), execute('', 1000), sync])],
    },
    {
      name: 'a portal fetched over several Syncs of a transaction',
      steps: [
        sql('BEGIN'),
        say([parse('', numbers), bind('p', ''), execute('p', 3), sync]),
        say([execute('p', 3), sync]),
        say([execute('p'), sync]),
        say([closePortal('p'), sync]),
        sql('COMMIT'),
      ],
    },
    {
      name: 'a portal fetched with Flush between the portions',
      steps: [
        say([parse('', numbers), bind('p', ''), execute('p', 8), flush], { until: { type: 's', count: 1 } }),
        say([execute('p', 8), flush], { until: { type: 's', count: 1 } }),
        say([execute('p', 8), flush], { until: { type: 'C', count: 1 } }),
        say([sync]),
      ],
    },
    {
      name: 'a portal is gone after the Sync outside of a transaction',
      errors: ['34000'],
      steps: [say([parse('', numbers), bind('p', ''), execute('p', 3), sync]), say([execute('p', 3), sync])],
    },
    {
      name: 'two portals, in turn',
      steps: [
        sql('BEGIN'),
        say([
          parse('', numbers),
          bind('a', '', { results: [1] }),
          bind('b', ''),
          execute('a', 2),
          execute('b', 3),
          execute('a', 2),
          execute('b', 3),
          sync,
        ]),
        sql('COMMIT'),
      ],
    },
    {
      name: 'a portal name that is taken',
      errors: ['42P03'],
      steps: [
        sql('BEGIN'),
        say([parse('', 'SELECT 1'), bind('a', ''), bind('a', ''), sync]),
        sql('ROLLBACK'),
      ],
    },
    {
      name: 'a portal that is closed early',
      errors: ['34000'],
      steps: [
        sql('BEGIN'),
        say([parse('', numbers), bind('a', ''), execute('a', 2), closePortal('a'), sync]),
        say([execute('a', 2), sync]),
        sql('ROLLBACK'),
      ],
    },
    {
      name: 'an error in the middle of a portal',
      errors: ['22012'],
      steps: [
        say([
          parse('', 'SELECT 1 / (5 - g) FROM generate_series(1, 10) g'),
          bind('', ''),
          execute('', 3),
          execute('', 3),
          sync,
        ]),
      ],
    },
    {
      name: 'INSERT RETURNING in portions',
      steps: [
        say([
          parse(
            '',
            "INSERT INTO notes (title) SELECT 'note ' || g FROM generate_series(1, 5) g RETURNING id",
          ),
          bind('', ''),
          execute('', 2),
          execute('', 2),
          execute('', 2),
          sync,
        ]),
        sql('SELECT count(*) FROM notes'),
      ],
    },
    {
      name: 'a limit on a statement without rows',
      steps: [say([parse('', "UPDATE numbers SET word = 'x'"), bind('', ''), execute('', 2), sync])],
    },
    {
      name: 'DECLARE, FETCH, MOVE and CLOSE',
      steps: sqls(
        'BEGIN',
        `DECLARE c SCROLL CURSOR FOR ${numbers}`,
        'FETCH 2 FROM c',
        'MOVE 5 IN c',
        'FETCH PRIOR FROM c',
        'FETCH LAST FROM c',
        'FETCH ABSOLUTE 3 FROM c',
        'FETCH BACKWARD ALL FROM c',
        'FETCH 0 FROM c',
        'CLOSE c',
        'COMMIT',
      ),
    },
    {
      name: 'a cursor that scrolls where it may not',
      errors: ['55000'],
      steps: sqls(
        'BEGIN',
        `DECLARE c NO SCROLL CURSOR FOR ${numbers}`,
        'FETCH 2 FROM c',
        'FETCH PRIOR FROM c',
        'ROLLBACK',
      ),
    },
    {
      name: 'a binary cursor',
      steps: sqls('BEGIN', `DECLARE c BINARY CURSOR FOR ${numbers}`, 'FETCH 2 FROM c', 'COMMIT'),
    },
    {
      name: 'a cursor that outlives its transaction',
      errors: ['34000'],
      steps: sqls(
        'BEGIN',
        `DECLARE c CURSOR WITH HOLD FOR ${numbers}`,
        'COMMIT',
        'FETCH 2 FROM c',
        'SELECT name, is_holdable FROM pg_cursors',
        'CLOSE ALL',
        'FETCH 1 FROM c',
      ),
    },
    {
      name: 'a cursor outside of a transaction',
      errors: ['25P01'],
      steps: sqls(`DECLARE c CURSOR FOR ${numbers}`),
    },
    {
      name: 'a cursor of SQL, fetched by the protocol',
      steps: [
        sql('BEGIN'),
        sql(`DECLARE c CURSOR FOR ${numbers}`),
        say([describePortal('c'), execute('c', 3), execute('c', 3), sync]),
        sql('FETCH 1 FROM c'),
        sql('COMMIT'),
      ],
    },
    {
      name: 'a portal of the protocol, fetched by SQL',
      steps: [
        sql('BEGIN'),
        say([parse('', numbers), bind('p', ''), execute('p', 3), sync]),
        sql('FETCH 2 FROM p'),
        sql('COMMIT'),
      ],
    },
    {
      name: 'changing the row under a cursor',
      steps: sqls(
        'BEGIN',
        'DECLARE c CURSOR FOR SELECT n, word FROM numbers FOR UPDATE',
        'FETCH 3 FROM c',
        "UPDATE numbers SET word = 'here' WHERE CURRENT OF c",
        'DELETE FROM numbers WHERE CURRENT OF c',
        'COMMIT',
        'SELECT count(*) FROM numbers',
      ),
    },
    {
      name: 'a cursor of a function',
      steps: sqls(
        "CREATE FUNCTION rows() RETURNS refcursor LANGUAGE plpgsql AS $$ DECLARE c refcursor := 'mine'; BEGIN OPEN c FOR SELECT n FROM numbers; RETURN c; END $$",
        'BEGIN',
        'SELECT rows()',
        'FETCH 3 FROM mine',
        'COMMIT',
      ),
    },
  ],
};
