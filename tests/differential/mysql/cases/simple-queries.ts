import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import { initDatabase, ping, query, statistics, unknownCommand } from '../commands.ts';
import { type MysqlStep, say, sql, sqls } from '../steps.ts';

/** The text protocol: statements, their counts and their warnings. */
export function simpleQueries(product: MysqlBuild['product']): Theme<MysqlStep> {
  const mysql = product === 'mysql';
  return {
    name: 'text protocol',
    cases: [
      { name: 'a number', steps: [sql('SELECT 1')] },
      { name: 'the empty text', errors: ['1065'], steps: [sql('')] },
      {
        name: 'white space, and comments alone',
        errors: ['1065'],
        steps: sqls('  \n\t ', '-- nothing', '/* nothing */'),
      },
      { name: 'no rows', steps: sqls('SELECT * FROM notes', 'SELECT 1 FROM DUAL WHERE FALSE') },
      { name: 'rows of a table', steps: [sql('SELECT * FROM numbers')] },
      {
        name: 'INSERT, UPDATE and DELETE with their counts',
        steps: sqls(
          "INSERT INTO notes (title) VALUES ('a'), ('b'), ('c')",
          "UPDATE notes SET body = 'x' WHERE title <> 'a'",
          "UPDATE notes SET body = 'x'",
          'DELETE FROM notes',
          'DELETE FROM notes',
        ),
      },
      {
        name: 'numbers that are given by the server',
        steps: sqls(
          "INSERT INTO notes (title) VALUES ('a')",
          'SELECT LAST_INSERT_ID()',
          "INSERT INTO notes (id, title) VALUES (100, 'b')",
          "INSERT INTO notes (title) VALUES ('c')",
          'SELECT id FROM notes',
        ),
      },
      {
        name: 'INSERT on duplicates',
        steps: sqls(
          "INSERT INTO notes (title) VALUES ('a')",
          "INSERT IGNORE INTO notes (title) VALUES ('a'), ('b')",
          "INSERT INTO notes (title) VALUES ('a') ON DUPLICATE KEY UPDATE body = 'again'",
          "REPLACE INTO notes (title) VALUES ('a')",
          'SHOW WARNINGS',
        ),
      },
      {
        name: 'tables made, changed and dropped',
        steps: sqls(
          'CREATE TABLE made (a INT)',
          "ALTER TABLE made ADD b VARCHAR(10) DEFAULT 'x'",
          'CREATE INDEX i ON made (a)',
          'INSERT INTO made (a) VALUES (1)',
          'SELECT * FROM made',
          'TRUNCATE made',
          'RENAME TABLE made TO other',
          'DROP TABLE other',
        ),
      },
      {
        name: 'a table made from a query',
        steps: sqls(
          'CREATE TABLE copied AS SELECT * FROM numbers',
          'SELECT COUNT(*) FROM copied',
          'CREATE TABLE alike LIKE numbers',
          'SHOW CREATE TABLE alike',
        ),
      },
      {
        name: 'views, triggers and functions',
        steps: sqls(
          'CREATE VIEW v AS SELECT n FROM numbers',
          'SELECT COUNT(*) FROM v',
          'CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x + 1',
          'SELECT f(41)',
          "CREATE TRIGGER t BEFORE INSERT ON notes FOR EACH ROW SET NEW.body = 'by trigger'",
          "INSERT INTO notes (title) VALUES ('a')",
          'SELECT body FROM notes',
          'DROP VIEW v',
        ),
      },
      {
        name: 'temporary tables',
        steps: sqls(
          'CREATE TEMPORARY TABLE t (a INT)',
          'INSERT INTO t VALUES (1)',
          'SELECT * FROM t',
          'DROP TEMPORARY TABLE t',
        ),
      },
      {
        name: 'warnings and how they are counted',
        steps: sqls(
          "SELECT CAST('12x' AS SIGNED)",
          'SHOW WARNINGS',
          'SHOW COUNT(*) WARNINGS',
          'SELECT 1/0',
          'SHOW WARNINGS',
          'DROP TABLE IF EXISTS nowhere',
          'SHOW WARNINGS',
          'SELECT @@warning_count',
        ),
      },
      {
        name: 'notes, errors and diagnostics',
        errors: ['1146'],
        steps: sqls(
          'SELECT * FROM nowhere',
          'SHOW ERRORS',
          'GET DIAGNOSTICS CONDITION 1 @code = MYSQL_ERRNO, @text = MESSAGE_TEXT',
          'SELECT @code, @text',
        ),
      },
      {
        name: 'user variables',
        steps: sqls(
          'SET @a = 1, @b = "x☃", @c = NULL',
          'SELECT @a, @b, @c, @d',
          'SELECT @e := 5',
          'SELECT @e',
        ),
      },
      {
        name: 'SHOW in its forms',
        steps: sqls(
          'SHOW TABLES',
          'SHOW COLUMNS FROM numbers',
          'SHOW INDEX FROM notes',
          "SHOW VARIABLES LIKE 'autocommit'",
          'SHOW FULL TABLES',
          'DESCRIBE numbers',
          'SHOW GRANTS',
          'SHOW CHARACTER SET',
        ),
      },
      {
        name: 'EXPLAIN',
        steps: sqls(
          mysql
            ? 'EXPLAIN FORMAT=TRADITIONAL SELECT * FROM numbers WHERE n = 1'
            : 'EXPLAIN SELECT * FROM numbers WHERE n = 1',
        ),
      },
      {
        name: 'joins, groups and windows',
        steps: sqls(
          'SELECT a.n, b.word FROM numbers a JOIN numbers b ON a.n = b.n + 1',
          'SELECT n % 3 AS r, COUNT(*), GROUP_CONCAT(n ORDER BY n) FROM numbers GROUP BY r WITH ROLLUP',
          'SELECT n, SUM(n) OVER (ORDER BY n) FROM numbers',
          'WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 5) SELECT * FROM t',
        ),
      },
      {
        name: 'UNION of different types',
        steps: sqls("SELECT 1 UNION SELECT 'x' UNION SELECT NULL UNION SELECT 2.5"),
      },
      {
        name: 'text in many scripts',
        steps: sqls(
          "SELECT 'Привет, κόσμε, שלום, 你好, 🧑‍🚀', _latin1 x'e9', CHAR_LENGTH('🧑‍🚀'), LENGTH('é')",
          "INSERT INTO notes (title) VALUES ('имя ☃')",
          'SELECT title FROM notes',
        ),
      },
      {
        name: 'comments that are code',
        steps: sqls(
          'SELECT 1 /*! + 1 */',
          'SELECT /*!99999 nonsense */ 2',
          'SELECT 3 # the rest',
          'SELECT 4 -- the rest',
        ),
      },
      {
        name: 'quotes of all kinds',
        steps: sqls(`SELECT 'it''s', "a ""b""", 'c\\'d\\n', \`n\` FROM numbers WHERE n = 1`),
      },
      { name: 'two queries in one write', steps: [say([query('SELECT 1'), query('SELECT 2')])] },
      {
        name: 'a hundred queries in one write, some of them failing',
        errors: Array.from({ length: 20 }, () => '1146'),
        steps: [
          say(
            Array.from({ length: 100 }, (_, n) =>
              query(n % 5 === 0 ? 'SELECT * FROM nowhere' : `SELECT ${n}`),
            ),
          ),
        ],
      },
      {
        name: 'another database',
        errors: ['1044', '1044'],
        steps: [
          ...sqls('SELECT DATABASE()', 'USE app', 'USE nowhere', 'USE mysql'),
          say([initDatabase('app')]),
          sql('SELECT DATABASE()'),
        ],
      },
      {
        name: 'commands beside queries',
        steps: [say([ping]), say([statistics]), say([ping, query('SELECT 1'), ping])],
      },
      {
        name: 'a command that does not exist',
        errors: ['1047'],
        steps: [say([unknownCommand]), sql('SELECT 1')],
      },
      {
        name: 'DO, HANDLER and LOCK TABLES',
        steps: sqls(
          'DO 1 + 1',
          'HANDLER numbers OPEN',
          'HANDLER numbers READ FIRST',
          'HANDLER numbers READ NEXT LIMIT 2',
          'HANDLER numbers CLOSE',
          'LOCK TABLES numbers READ',
          'SELECT COUNT(*) FROM numbers',
          'UNLOCK TABLES',
        ),
      },
      {
        name: 'ANALYZE, CHECK and OPTIMIZE',
        steps: sqls('ANALYZE TABLE numbers', 'CHECK TABLE numbers', 'CHECKSUM TABLE numbers'),
      },
      {
        name: 'a cast of everything to text',
        steps: sqls(
          'SELECT CAST(1.50 AS CHAR), CAST(NOW() > 0 AS CHAR), HEX(255), BIN(5), FORMAT(1234567.891, 2)',
        ),
      },
      {
        name: 'a LIMIT of the session',
        steps: sqls(
          'SET sql_select_limit = 3',
          'SELECT n FROM numbers',
          'SET sql_select_limit = DEFAULT',
          'SELECT COUNT(*) FROM numbers',
        ),
      },
      {
        name: 'which rows were found',
        steps: sqls(
          'SELECT SQL_CALC_FOUND_ROWS n FROM numbers LIMIT 2',
          'SELECT FOUND_ROWS()',
          'DELETE FROM numbers WHERE n > 18',
          'SELECT ROW_COUNT()',
        ),
      },
    ],
  };
}
