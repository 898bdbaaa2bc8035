import { cStrings, query } from '../../../support/postgres-messages.ts';
import type { Theme } from '../../case.ts';
import { type PostgresStep, say, sql, sqls } from '../steps.ts';

/** One Query message: its answers, one statement or many, and the tags of commands. */
export const simpleQueries: Theme<PostgresStep> = {
  name: 'simple queries',
  cases: [
    { name: 'the empty text', steps: [sql('')] },
    {
      name: 'white space, and comments alone',
      steps: sqls('  \n\t ', '-- nothing', '/* nothing /* at all */ */', ';', ';;;'),
    },
    { name: 'two statements in one text', steps: [sql('SELECT 1; SELECT 2')] },
    {
      name: 'many statements in one text',
      steps: [sql(Array.from({ length: 50 }, (_, n) => `SELECT ${n}`).join(';'))],
    },
    { name: 'empty statements between others', steps: [sql(';;SELECT 1;;;SELECT 2;;')] },
    {
      name: 'an error in the middle of many undoes those before it',
      errors: ['22012'],
      steps: [
        sql("INSERT INTO notes (title) VALUES ('a'); SELECT 1/0; SELECT 2"),
        sql('SELECT count(*) FROM notes'),
      ],
    },
    {
      name: 'transaction control inside of one text',
      steps: [
        sql(
          "BEGIN; INSERT INTO notes (title) VALUES ('a'); COMMIT; SELECT title FROM notes; BEGIN; SELECT 1",
        ),
        sql('ROLLBACK'),
      ],
    },
    {
      name: 'a begun implicit block that becomes explicit',
      steps: [sql('SELECT 1; BEGIN; SELECT 2'), sql('COMMIT')],
    },
    {
      name: 'a syntax error anywhere runs nothing',
      errors: ['42601'],
      steps: [sql("INSERT INTO notes (title) VALUES ('a'); SELEC"), sql('SELECT count(*) FROM notes')],
    },
    {
      name: 'INSERT, UPDATE and DELETE with their counts',
      steps: sqls(
        "INSERT INTO notes (title) VALUES ('a'), ('b'), ('c')",
        "UPDATE notes SET body = 'x' WHERE title <> 'a'",
        'DELETE FROM notes',
        'DELETE FROM notes',
      ),
    },
    {
      name: 'RETURNING',
      steps: sqls(
        "INSERT INTO notes (title, stars) VALUES ('a', 1), ('b', NULL) RETURNING id, title, stars",
        'UPDATE notes SET stars = 5 RETURNING *',
        'DELETE FROM notes RETURNING title',
      ),
    },
    {
      name: 'MERGE',
      steps: sqls(
        'MERGE INTO notes USING numbers ON notes.number = numbers.n WHEN NOT MATCHED AND n < 4 THEN INSERT (title, number) VALUES (word, n)',
        'MERGE INTO notes USING numbers ON number = n WHEN MATCHED THEN UPDATE SET body = word RETURNING merge_action(), title',
      ),
    },
    {
      name: 'INSERT ON CONFLICT',
      steps: sqls(
        "INSERT INTO notes (title) VALUES ('a')",
        "INSERT INTO notes (title) VALUES ('a') ON CONFLICT DO NOTHING",
        "INSERT INTO notes (title) VALUES ('a') ON CONFLICT (title) DO UPDATE SET body = 'again' RETURNING body",
      ),
    },
    {
      name: 'tables made, changed and dropped',
      steps: sqls(
        'CREATE TABLE made (a int)',
        "ALTER TABLE made ADD b text DEFAULT 'x'",
        'CREATE INDEX ON made (a)',
        'INSERT INTO made VALUES (1)',
        'SELECT * FROM made',
        'TRUNCATE made',
        "COMMENT ON TABLE made IS 'c'",
        'DROP TABLE made',
      ),
    },
    {
      name: 'views, sequences, functions, triggers, types',
      steps: sqls(
        'CREATE VIEW v AS SELECT n FROM numbers',
        'SELECT count(*) FROM v',
        'CREATE SEQUENCE s',
        "SELECT nextval('s'), nextval('s'), currval('s')",
        'CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS $$ SELECT $1 + 1 $$',
        'SELECT f(41)',
        'CREATE TYPE pair AS (a int, b text)',
        "SELECT ROW(1, 'x')::pair",
        'DROP VIEW v',
        'DROP SEQUENCE s',
        'DROP FUNCTION f',
        'DROP TYPE pair',
      ),
    },
    {
      name: 'a table made from a query',
      steps: sqls(
        'CREATE TABLE copied AS SELECT * FROM numbers',
        'SELECT * INTO copied2 FROM copied WHERE n > 15',
        'CREATE MATERIALIZED VIEW m AS SELECT sum(n) FROM numbers',
        'REFRESH MATERIALIZED VIEW m',
        'SELECT * FROM m',
      ),
    },
    {
      name: 'EXPLAIN and SHOW',
      steps: sqls(
        'EXPLAIN (COSTS off) SELECT * FROM numbers WHERE n = 1',
        'SHOW work_mem',
        'SHOW search_path',
      ),
    },
    { name: 'VALUES and TABLE', steps: sqls("VALUES (1, 'a'), (2, NULL)", 'TABLE numbers') },
    {
      name: 'a DO block',
      steps: sqls("DO $$ BEGIN INSERT INTO notes (title) VALUES ('done'); END $$", 'SELECT title FROM notes'),
    },
    {
      name: 'a procedure that commits',
      steps: sqls(
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO notes (title) VALUES ('a'); COMMIT; INSERT INTO notes (title) VALUES ('b'); ROLLBACK; END $$",
        'CALL p()',
        'SELECT title FROM notes',
      ),
    },
    {
      name: 'a procedure with results',
      steps: sqls(
        'CREATE PROCEDURE p(INOUT a int, INOUT b text) LANGUAGE plpgsql AS $$ BEGIN a := a * 2; END $$',
        "CALL p(21, 'x')",
      ),
    },
    {
      name: 'functions that return sets',
      steps: sqls(
        'SELECT * FROM generate_series(1, 5)',
        'SELECT * FROM json_each(\'{"a": 1, "b": null}\')',
        'SELECT generate_series(1, 2), generate_series(1, 3)',
        "SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) WITH ORDINALITY",
      ),
    },
    {
      name: 'recursive and writing WITH queries',
      steps: sqls(
        'WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t',
        "WITH moved AS (INSERT INTO notes (title) VALUES ('a') RETURNING id) SELECT count(*) FROM moved",
      ),
    },
    { name: 'no rows, with and without columns', steps: sqls('SELECT * FROM notes', 'SELECT FROM notes') },
    {
      name: 'text in many scripts',
      steps: sqls(
        "SELECT 'Привет, κόσμε, שלום, 你好, 🧑‍🚀', '\u0301e', E'\\u00e9'",
        "SELECT length('🧑‍🚀'), octet_length('🧑‍🚀')",
        'SELECT 1 AS "имя"',
      ),
    },
    {
      name: 'dollar quotes, escapes and nested comments',
      steps: sqls("SELECT $a$ ' $b$ ; $a$, E'\\'\\x41;', U&'\\2603' /* ; /* ; */ */ -- ;"),
    },
    {
      name: 'privileges that the login has not',
      errors: ['42501', '42501', '42501'],
      steps: sqls('SELECT * FROM pg_authid', "COPY numbers TO '/tmp/x'", 'CREATE ROLE other'),
    },
    {
      name: 'who one is',
      steps: sqls('SELECT current_user, session_user, current_database(), current_schemas(true)'),
    },
    { name: 'two queries in one write', steps: [say([query('SELECT 1'), query('SELECT 2')])] },
    {
      name: 'a hundred queries in one write, some of them failing',
      errors: Array.from({ length: 20 }, () => '22012'),
      steps: [say(Array.from({ length: 100 }, (_, n) => query(`SELECT ${n} / (${n} % 5)`)))],
    },
    {
      name: 'bytes behind the end of the text',
      errors: ['08P01'],
      steps: [say([['Q', cStrings('SELECT 1', 'SELECT 2')]]), sql('SELECT 3')],
    },
    {
      name: 'a text that is not UTF-8',
      errors: ['22021'],
      steps: [
        say([
          ['Q', Buffer.concat([Buffer.from("SELECT '"), Buffer.from('c328', 'hex'), Buffer.from("'\0")])],
        ]),
        sql('SELECT 1'),
      ],
    },
    {
      name: 'temporary tables',
      steps: sqls(
        'CREATE TEMP TABLE t (a int) ON COMMIT PRESERVE ROWS',
        'INSERT INTO t VALUES (1)',
        'SELECT * FROM t',
        'CREATE TEMP TABLE u ON COMMIT DROP AS SELECT 1',
        "SELECT to_regclass('pg_temp.u')",
      ),
    },
    { name: 'VACUUM and ANALYZE outside of a transaction', steps: sqls('VACUUM numbers', 'ANALYZE numbers') },
    { name: 'VACUUM inside of one fails', errors: ['25001'], steps: [sql('SELECT 1; VACUUM numbers')] },
    {
      name: 'GRANT and REVOKE',
      steps: sqls(
        'GRANT SELECT ON numbers TO app_readonly',
        'REVOKE SELECT ON numbers FROM app_readonly',
        'REVOKE SELECT ON numbers FROM app_readonly',
      ),
    },
  ],
};
