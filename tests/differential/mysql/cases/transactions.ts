import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import { query } from '../commands.ts';
import { awaitRunning, hear, type MysqlStep, prepared, say, sql, sqls } from '../steps.ts';

const on = (name: string) => ({ on: name });
const later = (name: string) => ({ on: name, hear: 'later' }) as const;

/** Transaction flags, locks, and what two sessions see of each other. */
export function transactions(product: MysqlBuild['product']): Theme<MysqlStep> {
  const mysql = product === 'mysql';
  return {
    name: 'transactions',
    cases: [
      {
        name: 'a commit',
        steps: sqls('BEGIN', "INSERT INTO notes (title) VALUES ('a')", 'COMMIT', 'SELECT title FROM notes'),
      },
      {
        name: 'a rollback',
        steps: sqls(
          'START TRANSACTION',
          "INSERT INTO notes (title) VALUES ('a')",
          'ROLLBACK',
          'SELECT title FROM notes',
        ),
      },
      {
        name: 'reading and writing transactions',
        errors: ['1792'],
        steps: sqls(
          'START TRANSACTION READ ONLY',
          'SELECT COUNT(*) FROM notes',
          "INSERT INTO notes (title) VALUES ('a')",
          'COMMIT',
          'START TRANSACTION READ WRITE',
          'COMMIT',
        ),
      },
      {
        name: 'without autocommit',
        steps: sqls(
          'SET autocommit = 0',
          "INSERT INTO notes (title) VALUES ('a')",
          'SELECT COUNT(*) FROM notes',
          'ROLLBACK',
          'SELECT COUNT(*) FROM notes',
          'COMMIT',
          'SET autocommit = 1',
        ),
      },
      {
        name: 'an error within does not end it',
        errors: ['1062'],
        steps: sqls(
          'BEGIN',
          "INSERT INTO notes (title) VALUES ('a')",
          "INSERT INTO notes (title) VALUES ('a')",
          'COMMIT',
          'SELECT title FROM notes',
        ),
      },
      {
        name: 'savepoints',
        errors: ['1305'],
        steps: sqls(
          'BEGIN',
          'SAVEPOINT s',
          "INSERT INTO notes (title) VALUES ('a')",
          'ROLLBACK TO s',
          'RELEASE SAVEPOINT s',
          'ROLLBACK TO s',
          'COMMIT',
          'SELECT COUNT(*) FROM notes',
        ),
      },
      {
        name: 'a statement that commits by itself',
        steps: sqls(
          'BEGIN',
          "INSERT INTO notes (title) VALUES ('a')",
          'CREATE TABLE made (a INT)',
          'ROLLBACK',
          'SELECT title FROM notes',
        ),
      },
      {
        name: 'AND CHAIN and RELEASE',
        steps: [
          ...sqls('BEGIN', "INSERT INTO notes (title) VALUES ('a')", 'COMMIT AND CHAIN', 'ROLLBACK'),
          sql('COMMIT RELEASE', { hear: 'closed' }),
          sql('SELECT COUNT(*) FROM notes', on('other')),
        ],
      },
      {
        name: 'isolation of the next transaction',
        steps: sqls(
          'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
          'BEGIN',
          'SELECT 1',
          'COMMIT',
          'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
          mysql ? 'SELECT @@transaction_isolation' : 'SELECT @@tx_isolation',
        ),
      },
      {
        name: 'a snapshot that does not move',
        steps: [
          sql('BEGIN'),
          sql('SELECT COUNT(*) FROM notes'),
          sql("INSERT INTO notes (title) VALUES ('b')", on('other')),
          sql('SELECT COUNT(*) FROM notes'),
          sql('COMMIT'),
          sql('SELECT COUNT(*) FROM notes'),
        ],
      },
      {
        name: 'a row lock that is waited for',
        steps: [
          sql('BEGIN'),
          sql("UPDATE numbers SET word = 'mine' WHERE n = 1"),
          sql("UPDATE numbers SET word = 'theirs' WHERE n = 1", later('other')),
          awaitRunning('theirs'),
          sql('COMMIT'),
          hear('other'),
          sql('SELECT word FROM numbers WHERE n = 1'),
        ],
      },
      {
        name: 'a row lock that is not waited for',
        errors: mysql ? ['3572'] : ['1205'],
        steps: [
          sql('BEGIN'),
          sql('SELECT n FROM numbers WHERE n = 1 FOR UPDATE'),
          sql('SELECT n FROM numbers WHERE n = 1 FOR UPDATE NOWAIT', on('other')),
          sql('SELECT n FROM numbers WHERE n < 3 FOR UPDATE SKIP LOCKED', on('other')),
          sql('ROLLBACK'),
        ],
      },
      {
        name: 'a deadlock ends the smaller one',
        errors: ['1213'],
        steps: [
          sql('BEGIN'),
          sql("UPDATE numbers SET word = 'm' WHERE n < 10"),
          sql('BEGIN', on('other')),
          sql("UPDATE numbers SET word = 'o' WHERE n = 15", on('other')),
          sql("UPDATE numbers SET word = 'mm' WHERE n = 15", later('main')),
          awaitRunning('mm'),
          sql("UPDATE numbers SET word = 'oo' WHERE n = 1", on('other')),
          hear(),
          sql('ROLLBACK'),
          sql('ROLLBACK', on('other')),
        ],
      },
      {
        name: 'named locks',
        steps: [
          ...sqls("SELECT GET_LOCK('l', 0)"),
          sql("SELECT GET_LOCK('l', 0)", on('other')),
          ...sqls("SELECT IS_USED_LOCK('l') IS NULL, RELEASE_LOCK('l')"),
          sql("SELECT GET_LOCK('l', 0)", on('other')),
          sql('SELECT RELEASE_ALL_LOCKS()', on('other')),
        ],
      },
      {
        name: 'locked tables',
        errors: ['1100'],
        steps: sqls(
          'CREATE TABLE other (a INT)',
          'LOCK TABLES numbers WRITE',
          'SELECT COUNT(*) FROM numbers',
          'SELECT COUNT(*) FROM other',
          'UNLOCK TABLES',
        ),
      },
      {
        name: 'a transaction in one write',
        steps: [
          say([
            query('BEGIN'),
            query("INSERT INTO notes (title) VALUES ('a')"),
            query('COMMIT'),
            query('SELECT title FROM notes'),
          ]),
        ],
      },
      {
        name: 'a transaction in one text',
        steps: [sql("BEGIN; INSERT INTO notes (title) VALUES ('a'); ROLLBACK; SELECT COUNT(*) FROM notes")],
      },
      {
        name: 'a transaction by the binary protocol',
        steps: [
          sql('BEGIN'),
          ...prepared("INSERT INTO notes (title) VALUES ('a')"),
          ...prepared('ROLLBACK'),
          sql('SELECT COUNT(*) FROM notes'),
        ],
      },
      {
        name: 'a transaction that is never ended leaves nothing',
        steps: [
          sql('BEGIN'),
          sql("INSERT INTO notes (title) VALUES ('a')"),
          sql('SELECT COUNT(*) FROM notes', on('other')),
        ],
      },
    ],
  };
}
