import { capability } from '../../../../packages/server/src/engines/mysql/protocol.ts';
import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import { fieldList, initDatabase, query, resetConnection } from '../commands.ts';
import { type MysqlStep, say, sql, sqls } from '../steps.ts';

/** Variables of the session, character sets, what it tells of changes, and what a reset takes back. */
export function settings(product: MysqlBuild['product']): Theme<MysqlStep> {
  const mysql = product === 'mysql';
  const session =
    'SELECT @@autocommit, @@sql_mode, @@time_zone, @@character_set_client, @@character_set_results, @@collation_connection, @@wait_timeout, DATABASE(), CURRENT_ROLE()';
  return {
    name: 'settings',
    cases: [
      { name: 'what a session begins with', steps: [sql(session)] },
      {
        name: 'variables that the session tells of',
        steps: sqls(
          "SET time_zone = '+05:30'",
          'SET autocommit = 0',
          'SET autocommit = 1',
          "SET sql_mode = 'ANSI_QUOTES'",
          'SELECT "word" FROM numbers WHERE n = 1',
          'USE app',
        ),
      },
      {
        name: 'character sets',
        steps: sqls(
          'SET NAMES latin1',
          "SELECT CHAR_LENGTH('\u00e9'), 'e'",
          'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
          "SELECT 'a' = 'A', 'x' AS x",
          'SET CHARACTER SET utf8mb4',
          "SELECT 'x' AS x",
          'SET character_set_results = latin1',
          'SELECT title FROM notes',
          'SET character_set_results = NULL',
          'SELECT word FROM numbers LIMIT 1',
        ),
      },
      {
        name: 'the character set of the connection from the start',
        settings: { collation: '8' },
        steps: [
          sql(session),
          say([query(Buffer.from("SELECT CHAR_LENGTH('gr\xf6\xdfe'), 'gr\xf6\xdfe'", 'latin1'))]),
        ],
      },
      {
        name: 'a collation of the connection from the start',
        settings: { collation: '46' },
        steps: sqls(session, "SELECT 'a' = 'A', 'x' AS x"),
      },
      {
        name: 'found rows instead of changed ones',
        settings: { capabilities: String(capability.foundRows) },
        steps: sqls(
          "UPDATE numbers SET word = 'word 1' WHERE n = 1",
          "UPDATE numbers SET word = 'x' WHERE n < 3",
        ),
      },
      {
        name: 'changed rows',
        steps: sqls(
          "UPDATE numbers SET word = 'word 1' WHERE n = 1",
          "UPDATE numbers SET word = 'x' WHERE n < 3",
        ),
      },
      {
        name: 'spaces behind names of functions',
        settings: { capabilities: String(capability.ignoreSpace) },
        steps: sqls('SELECT COUNT (*) FROM numbers', 'SELECT @@sql_mode'),
      },
      {
        name: 'a client that is interactive',
        settings: { capabilities: String(capability.interactive) },
        steps: sqls('SELECT @@wait_timeout = @@interactive_timeout'),
      },
      {
        name: 'time zones',
        errors: ['1298'],
        steps: sqls(
          "SET time_zone = '+00:00'",
          'SELECT FROM_UNIXTIME(0)',
          "SET time_zone = '-08:00'",
          'SELECT FROM_UNIXTIME(0)',
          "SET time_zone = 'Mars/Olympus'",
        ),
      },
      {
        name: 'strict and other modes',
        steps: sqls(
          "SET sql_mode = ''",
          "INSERT INTO notes (title, stars) VALUES (REPEAT('x', 200), 1)",
          'SHOW WARNINGS',
          'SELECT LENGTH(title) FROM notes',
          "SET sql_mode = 'STRICT_ALL_TABLES,PIPES_AS_CONCAT'",
          "SELECT 'a' || 'b'",
        ),
      },
      {
        name: 'roles that are granted',
        errors: mysql ? ['3530'] : ['1959'],
        steps: sqls(
          'SELECT CURRENT_ROLE()',
          'SET ROLE reader',
          'SELECT CURRENT_ROLE()',
          'SET ROLE NONE',
          'SET ROLE nobody',
        ),
      },
      {
        name: 'who one is',
        steps: sqls('SELECT CURRENT_USER(), SESSION_USER() LIKE "app_admin@%", DATABASE(), SCHEMA()'),
      },
      {
        name: 'a reset of the connection',
        errors: [mysql ? '1146' : '1146', '1243'],
        steps: [
          ...sqls(
            'SET @a = 1',
            "SET sql_mode = 'ANSI'",
            'SET autocommit = 0',
            'CREATE TEMPORARY TABLE t (a INT)',
            "PREPARE p FROM 'SELECT 1'",
            "SELECT GET_LOCK('r', 0)",
          ),
          say([resetConnection]),
          ...sqls('SELECT @a, @@autocommit', 'SELECT * FROM t', 'EXECUTE p', "SELECT IS_FREE_LOCK('r')"),
          sql(session),
        ],
      },
      {
        name: 'a reset within a transaction',
        steps: [
          ...sqls('BEGIN', "INSERT INTO notes (title) VALUES ('a')"),
          say([resetConnection]),
          sql('SELECT COUNT(*) FROM notes'),
        ],
      },
      {
        name: 'databases by command and by statement',
        errors: ['1044'],
        steps: [
          say([initDatabase('app')]),
          say([initDatabase('mysql')]),
          sql('SELECT DATABASE()'),
          say([initDatabase('information_schema')]),
          sql('SELECT DATABASE()'),
        ],
      },
      {
        name: 'the columns of a table by command',
        errors: ['1146'],
        steps: [say([fieldList('numbers')]), say([fieldList('numbers', 'w%')]), say([fieldList('nowhere')])],
      },
      {
        name: 'a timeout of a statement',
        errors: mysql ? [] : ['1969'],
        steps: [
          sql(
            mysql
              ? 'SELECT /*+ MAX_EXECUTION_TIME(20) */ SLEEP(10)'
              : 'SET STATEMENT max_statement_time = 0.02 FOR SELECT SLEEP(10)',
          ),
          sql('SELECT 1'),
        ],
      },
      {
        name: 'user variables of a statement with several results',
        steps: [sql('SET @i = 0; SELECT @i := @i + 1 FROM numbers LIMIT 3; SELECT @i')],
      },
    ],
  };
}
