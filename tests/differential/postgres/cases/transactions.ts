import type { Theme } from '../../case.ts';
import { awaitWaiting, extended, hear, type PostgresStep, sql, sqls, unheard } from '../steps.ts';

const on = (name: string) => ({ on: name });

/** Transaction status, its end by error, and what two sessions see of each other. */
export const transactions: Theme<PostgresStep> = {
  name: 'transactions',
  cases: [
    {
      name: 'a commit',
      steps: sqls('BEGIN', "INSERT INTO notes (title) VALUES ('a')", 'COMMIT', 'SELECT title FROM notes'),
    },
    {
      name: 'a rollback',
      steps: sqls('BEGIN', "INSERT INTO notes (title) VALUES ('a')", 'ROLLBACK', 'SELECT title FROM notes'),
    },
    {
      name: 'a failed transaction refuses everything until its end',
      errors: ['22012', '25P02', '25P02'],
      steps: sqls('BEGIN', 'SELECT 1/0', 'SELECT 1', 'SELECT 2', 'COMMIT', 'SELECT 3'),
    },
    {
      name: 'a failed transaction in the extended protocol',
      errors: ['22012', '25P02'],
      steps: [
        extended('BEGIN'),
        extended('SELECT 1/0'),
        extended('SELECT 1'),
        extended('ROLLBACK'),
        extended('SELECT 2'),
      ],
    },
    {
      name: 'savepoints',
      errors: ['22012'],
      steps: sqls('BEGIN', 'SAVEPOINT a', 'SELECT 1/0', 'ROLLBACK TO a', 'SELECT 1', 'RELEASE a', 'COMMIT'),
    },
    {
      name: 'AND CHAIN',
      steps: sqls(
        'BEGIN ISOLATION LEVEL SERIALIZABLE',
        'COMMIT AND CHAIN',
        'SHOW transaction_isolation',
        'ROLLBACK AND CHAIN',
        'SHOW transaction_isolation',
        'ROLLBACK',
      ),
    },
    {
      name: 'warnings of BEGIN in a transaction and COMMIT outside of one',
      steps: sqls('BEGIN', 'BEGIN', 'COMMIT', 'COMMIT', 'ROLLBACK'),
    },
    {
      name: 'writing in a read-only transaction',
      errors: ['25006'],
      steps: sqls('BEGIN READ ONLY', "INSERT INTO notes (title) VALUES ('a')", 'ROLLBACK'),
    },
    {
      name: 'SET LOCAL ends with its transaction',
      steps: sqls(
        'BEGIN',
        "SET LOCAL application_name = 'inside'",
        'SHOW application_name',
        'COMMIT',
        'SHOW application_name',
      ),
    },
    {
      name: 'a setting of a transaction that was rolled back',
      steps: sqls('BEGIN', "SET application_name = 'inside'", 'ROLLBACK', 'SHOW application_name'),
    },
    {
      name: 'characteristics of the session',
      steps: sqls(
        'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
        'SHOW default_transaction_read_only',
        'BEGIN',
        'SHOW transaction_read_only',
        'COMMIT',
      ),
    },
    {
      name: 'SET TRANSACTION too late',
      errors: ['25001'],
      steps: sqls('BEGIN', 'SELECT 1', 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'ROLLBACK'),
    },
    {
      name: 'a snapshot that does not move',
      steps: [
        sql('BEGIN ISOLATION LEVEL REPEATABLE READ'),
        sql('SELECT count(*) FROM notes'),
        sql("INSERT INTO notes (title) VALUES ('b')", on('other')),
        sql('SELECT count(*) FROM notes'),
        sql('COMMIT'),
        sql('SELECT count(*) FROM notes'),
      ],
    },
    {
      name: 'a serialization failure',
      errors: ['40001'],
      steps: [
        sql('BEGIN ISOLATION LEVEL REPEATABLE READ'),
        sql('SELECT 1 FROM numbers'),
        sql("UPDATE numbers SET word = 'theirs' WHERE n = 1", on('other')),
        sql("UPDATE numbers SET word = 'mine' WHERE n = 1"),
        sql('ROLLBACK'),
      ],
    },
    {
      name: 'a row lock that is waited for',
      steps: [
        sql('BEGIN'),
        sql("UPDATE numbers SET word = 'mine' WHERE n = 1"),
        sql("UPDATE numbers SET word = word || '!' WHERE n = 1 RETURNING word", unheard('other')),
        awaitWaiting('transactionid'),
        sql('COMMIT'),
        hear('other'),
      ],
    },
    {
      name: 'a row lock that is not waited for',
      errors: ['55P03'],
      steps: [
        sql('BEGIN'),
        sql('SELECT n FROM numbers WHERE n = 1 FOR UPDATE'),
        sql('SELECT n FROM numbers WHERE n = 1 FOR UPDATE NOWAIT', on('other')),
        sql('SELECT n FROM numbers WHERE n < 3 FOR UPDATE SKIP LOCKED', on('other')),
        sql('ROLLBACK'),
      ],
    },
    {
      name: 'a lock timeout',
      errors: ['55P03'],
      steps: [
        sql('BEGIN'),
        sql('LOCK numbers'),
        sql("SET lock_timeout = '10ms'", on('other')),
        sql('SELECT * FROM numbers', on('other')),
        sql('ROLLBACK'),
      ],
    },
    {
      name: 'a deadlock ends the one that looks first',
      errors: ['40P01'],
      steps: [
        sql('BEGIN'),
        sql('SELECT pg_advisory_xact_lock(1)'),
        sql("SET LOCAL deadlock_timeout = '1h'"),
        sql('BEGIN', on('other')),
        sql("SET LOCAL deadlock_timeout = '5ms'", on('other')),
        sql('SELECT pg_advisory_xact_lock(2)', on('other')),
        sql('SELECT pg_advisory_xact_lock(2)', unheard('main')),
        awaitWaiting('advisory'),
        sql('SELECT pg_advisory_xact_lock(1)', on('other')),
        sql('ROLLBACK', on('other')),
        hear('main'),
        sql('ROLLBACK'),
      ],
    },
    {
      name: 'advisory locks',
      steps: [
        sql('SELECT pg_try_advisory_lock(7)'),
        sql('SELECT pg_try_advisory_lock(7)', on('other')),
        sql('SELECT pg_advisory_unlock(7), pg_advisory_unlock(7)'),
        sql('SELECT pg_try_advisory_lock(7)', on('other')),
      ],
    },
    {
      name: 'a transaction that is never ended leaves nothing',
      steps: [
        sql('BEGIN'),
        sql("INSERT INTO notes (title) VALUES ('a')"),
        sql('SELECT count(*) FROM notes', on('other')),
      ],
    },
    {
      name: 'two-phase commit that is switched off',
      errors: ['55000'],
      steps: sqls('BEGIN', "PREPARE TRANSACTION 'x'", 'SELECT 1'),
    },
  ],
};
