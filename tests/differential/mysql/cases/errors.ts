import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { DifferentialCase, Theme } from '../../case.ts';
import { execute, prepare } from '../commands.ts';
import { type MysqlStep, say, sql, sqls } from '../steps.ts';

/** A statement that fails, the server's number of the error, and when it comes in the binary protocol, if both agree. */
type Failing = readonly [name: string, errno: string, statement: string, when?: 'prepared' | 'executed'];

const failing: readonly Failing[] = [
  ['a syntax error', '1064', 'SELEC 1'],
  ['a syntax error far behind', '1064', `SELECT ${'1 + '.repeat(500)} FROM`],
  ['an unknown table', '1146', 'SELECT * FROM nowhere'],
  ['an unknown column', '1054', 'SELECT wrd FROM numbers'],
  ['an unknown function', '1305', 'SELECT no_such_function(1)'],
  ['an unknown procedure', '1305', 'CALL nowhere()'],
  ['a column that could be of two tables', '1052', 'SELECT n FROM numbers a, numbers b'],
  ['a table that is there already', '1050', 'CREATE TABLE notes (a INT)'],
  ['a value out of range', '1264', "INSERT INTO notes (title, stars) VALUES ('a', 99999999999)"],
  ['text that is no number', '1366', "INSERT INTO notes (title, stars) VALUES ('a', 'x')"],
  ['a date that is none', '1525', "SELECT DATE '2024-02-30'"],
  ['a value that must not be NULL', '1048', 'INSERT INTO notes (title) VALUES (NULL)'],
  ['a column without a default', '1364', 'INSERT INTO numbers (n) VALUES (99)'],
  ['a value that is there already', '1062', "INSERT INTO numbers VALUES (1, 'x', 0)"],
  ['a foreign key without its row', '1452', "INSERT INTO notes (title, number) VALUES ('a', 999)"],
  ['a text that is too long', '1406', "INSERT INTO numbers VALUES (99, REPEAT('x', 41), 0)"],
  ['a right to a table that is missing', '1142', 'SELECT * FROM mysql.user'],
  ['a right to a database that is missing', '1044', 'CREATE DATABASE other'],
  ['a right of an administrator', '1227', 'SET GLOBAL sort_buffer_size = 100000'],
  ['a file that may not be read', '1045', "LOAD DATA INFILE '/etc/passwd' INTO TABLE notes"],
  ['a sub-query with two rows', '1242', 'SELECT (SELECT n FROM numbers)'],
  ['a sub-query with two columns', '1241', 'SELECT (SELECT 1, 2)'],
  ['different numbers of columns', '1222', 'SELECT 1 UNION SELECT 1, 2'],
  ['a variable that does not exist', '1193', 'SET no_such_variable = 1'],
  ['a variable with a wrong value', '1231', "SET sql_mode = 'nonsense'"],
  ['an error with text in many scripts', '1146', 'SELECT * FROM `не то ☃`'],
];

/** What the two products have different numbers for. */
const failingIn: Readonly<Record<MysqlBuild['product'], readonly Failing[]>> = {
  mysql: [
    ['a check that does not hold', '3819', "INSERT INTO notes (title, stars) VALUES ('a', 6)", 'executed'],
    ['a grouping mistake', '1140', 'SELECT n, COUNT(*) FROM numbers'],
    ['a bad JSON document', '3141', "SELECT JSON_EXTRACT('{', '$')"],
  ],
  mariadb: [
    ['a check that does not hold', '4025', "INSERT INTO notes (title, stars) VALUES ('a', 6)", 'executed'],
    ['a sequence that is a table', '4089', 'SELECT NEXTVAL(numbers)'],
  ],
};

/** Every field of an error must come through, and the session must go on. */
export function errors(product: MysqlBuild['product']): Theme<MysqlStep> {
  const all = [...failing, ...failingIn[product]];
  const inText: readonly DifferentialCase<MysqlStep>[] = all.map(([name, errno, statement]) => ({
    name: `${name}, by the text protocol`,
    errors: [errno],
    steps: sqls(statement, 'SHOW WARNINGS', 'SELECT 1'),
  }));
  const inBinary = all.flatMap(([name, errno, statement, when]): readonly DifferentialCase<MysqlStep>[] =>
    when === undefined
      ? []
      : [
          {
            name: `${name}, by the binary protocol`,
            // What could not be prepared has no number, and cannot be executed either.
            errors: when === 'prepared' ? [errno, '1243'] : [errno],
            steps: [say([prepare('a', statement)]), say([execute('a')]), sql('SELECT 1')],
          },
        ],
  );
  return {
    name: 'errors',
    cases: [
      ...inText,
      ...inBinary,
      {
        name: 'an error while rows are on their way',
        errors: ['1690', '1690'],
        steps: [
          sql('SELECT 18446744073709551615 - 19 + n FROM numbers ORDER BY n'),
          say([prepare('a', 'SELECT 18446744073709551615 - 19 + n FROM numbers ORDER BY n')]),
          say([execute('a')]),
        ],
      },
    ],
  };
}
