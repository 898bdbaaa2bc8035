import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import {
  closeStatement,
  execute,
  fetchRows,
  longData,
  ping,
  prepare,
  query,
  resetConnection,
  resetStatement,
  value,
} from '../commands.ts';
import { type MysqlStep, prepared, say, sql, sqls } from '../steps.ts';

/** The binary protocol: statements with numbers, their parameters, cursors and long data. */
export function preparedStatements(product: MysqlBuild['product']): Theme<MysqlStep> {
  const mysql = product === 'mysql';
  return {
    name: 'binary protocol',
    cases: [
      { name: 'a statement without parameters', steps: prepared('SELECT n, word, half FROM numbers') },
      {
        name: 'a statement, used many times',
        steps: [
          say([prepare('a', 'SELECT word FROM numbers WHERE n = ?')]),
          ...[1, 5, 99, 20].map((n) => say([execute('a', [value.long(n)])])),
          say([closeStatement('a')]),
        ],
      },
      {
        name: 'types that are known from the first time',
        steps: [
          say([prepare('a', 'SELECT ? + 1')]),
          say([execute('a', [value.long(1)])]),
          say([execute('a', [value.long(2)], { typesKnown: true })]),
        ],
      },
      {
        name: 'types that change',
        steps: [
          say([prepare('a', 'SELECT ?')]),
          say([execute('a', [value.long(1)])]),
          say([execute('a', [value.text('x')])]),
          say([execute('a', [value.double(1.5)])]),
        ],
      },
      {
        name: 'executions in one write',
        steps: [
          say([prepare('a', 'SELECT ?')]),
          say(Array.from({ length: 50 }, (_, n) => execute('a', [value.long(n)]))),
        ],
      },
      {
        name: 'a hundred statements',
        steps: [
          say(Array.from({ length: 100 }, (_, n) => prepare(`s${n}`, `SELECT ${n}`))),
          say(Array.from({ length: 100 }, (_, n) => execute(`s${99 - n}`))),
        ],
      },
      {
        name: 'a statement that does not exist',
        errors: ['1243', '1243', '1243'],
        steps: [
          say([execute('nowhere')]),
          say([resetStatement('nowhere')]),
          say([fetchRows('nowhere', 1)]),
          say([closeStatement('nowhere'), ping]),
        ],
      },
      {
        name: 'a statement that is closed',
        errors: ['1243'],
        steps: [say([prepare('a', 'SELECT 1')]), say([closeStatement('a')]), say([execute('a')])],
      },
      {
        name: 'a statement that cannot be prepared',
        errors: ['1064', '1146', '1054'],
        steps: [
          say([prepare('a', 'SELEC')]),
          say([prepare('a', 'SELECT * FROM nowhere')]),
          say([prepare('a', 'SELECT nothing FROM numbers')]),
          sql('SELECT 1'),
        ],
      },
      {
        name: 'a statement that fails when it runs',
        errors: ['1062', mysql ? '3819' : '4025'],
        steps: [
          say([prepare('a', 'INSERT INTO notes (title, stars) VALUES (?, ?)')]),
          say([execute('a', [value.text('a'), value.long(1)])]),
          say([execute('a', [value.text('a'), value.long(1)])]),
          say([execute('a', [value.text('b'), value.long(9)])]),
          sql('SELECT title, stars FROM notes'),
        ],
      },
      {
        name: 'INSERT with its number',
        steps: [
          say([prepare('a', 'INSERT INTO notes (title) VALUES (?)')]),
          say([execute('a', [value.text('a')])]),
          say([execute('a', [value.text('b')])]),
          sql('SELECT * FROM notes'),
        ],
      },
      {
        name: 'UPDATE and DELETE',
        steps: [
          ...prepared('UPDATE numbers SET word = ? WHERE n < ?', [value.text('x'), value.long(4)]),
          ...prepared('DELETE FROM numbers WHERE n IN (?, ?)', [value.long(1), value.long(99)]),
        ],
      },
      {
        name: 'statements that are no queries',
        steps: [
          ...prepared('CREATE TABLE made (a INT)'),
          ...prepared("SHOW VARIABLES LIKE 'autocommit'"),
          ...prepared('SET @a = 1'),
          ...prepared('COMMIT'),
        ],
      },
      {
        name: 'statements that cannot be prepared',
        errors: ['1295', '1295'],
        steps: [
          say([prepare('a', "PREPARE b FROM 'SELECT 1'")]),
          say([prepare('a', 'DEALLOCATE PREPARE b')]),
        ],
      },
      {
        name: 'a cursor, fetched in portions',
        steps: [
          say([prepare('a', 'SELECT n, word FROM numbers')]),
          say([execute('a', [], { cursor: true })]),
          ...[5, 5, 5, 5].map((rows) => say([fetchRows('a', rows)])),
          say([closeStatement('a')]),
        ],
      },
      {
        name: 'a cursor that is fetched past its end',
        errors: ['1421'],
        steps: [
          say([prepare('a', 'SELECT n FROM numbers WHERE n < 3')]),
          say([execute('a', [], { cursor: true })]),
          say([fetchRows('a', 10)]),
          say([fetchRows('a', 10)]),
        ],
      },
      {
        name: 'a cursor that is reset, and opened again',
        errors: ['1421'],
        steps: [
          say([prepare('a', 'SELECT n FROM numbers')]),
          say([execute('a', [], { cursor: true })]),
          say([fetchRows('a', 3)]),
          say([resetStatement('a')]),
          say([fetchRows('a', 3)]),
          say([execute('a', [], { cursor: true })]),
          say([fetchRows('a', 2)]),
        ],
      },
      {
        name: 'two cursors at once, and other statements between',
        steps: [
          say([prepare('a', 'SELECT n FROM numbers')]),
          say([prepare('b', 'SELECT word FROM numbers ORDER BY n DESC')]),
          say([execute('a', [], { cursor: true })]),
          say([execute('b', [], { cursor: true })]),
          say([fetchRows('a', 2)]),
          sql('SELECT 1'),
          say([fetchRows('b', 2)]),
          say([fetchRows('a', 2), fetchRows('b', 2)]),
        ],
      },
      {
        name: 'a cursor on no rows, and on no result',
        steps: [
          say([prepare('a', 'SELECT n FROM numbers WHERE FALSE')]),
          say([execute('a', [], { cursor: true })]),
          say([prepare('b', "INSERT INTO notes (title) VALUES ('a')")]),
          say([execute('b', [], { cursor: true })]),
        ],
      },
      {
        name: 'long data in pieces',
        steps: [
          say([prepare('a', 'SELECT LENGTH(?), CRC32(?)')]),
          say([
            ...Array.from({ length: 20 }, () => longData('a', 0, 'x'.repeat(5000))),
            longData('a', 1, 'one'),
            longData('a', 1, 'two'),
            execute('a', [value.blob(Buffer.alloc(0)), value.blob(Buffer.alloc(0))], { sentAhead: [0, 1] }),
          ]),
          say([execute('a', [value.text('short'), value.text('now')])]),
        ],
      },
      {
        name: 'long data that is reset',
        steps: [
          say([prepare('a', 'SELECT ?')]),
          say([longData('a', 0, 'gone'), resetStatement('a'), execute('a', [value.text('kept')])]),
        ],
      },
      {
        name: 'long data of a parameter that is not there',
        errors: mysql ? ['1210'] : ['1210'],
        steps: [
          say([prepare('a', 'SELECT ?')]),
          say([longData('a', 7, 'x'), execute('a', [value.text('y')])]),
        ],
      },
      {
        name: 'the table of a statement changes',
        steps: [
          say([prepare('a', 'SELECT * FROM numbers WHERE n = 1')]),
          say([execute('a')]),
          sql('ALTER TABLE numbers ADD more INT DEFAULT 7'),
          say([execute('a')]),
        ],
      },
      {
        name: 'the table of a statement goes away',
        errors: ['1146'],
        steps: [
          sql('CREATE TABLE going (a INT)'),
          say([prepare('a', 'SELECT * FROM going')]),
          sql('DROP TABLE going'),
          say([execute('a')]),
        ],
      },
      {
        name: 'statements after the connection was reset',
        errors: ['1243'],
        steps: [
          say([prepare('a', 'SELECT 1')]),
          say([resetConnection]),
          say([execute('a')]),
          sql('SELECT 2'),
        ],
      },
      {
        name: 'PREPARE and EXECUTE by text',
        errors: ['1243'],
        steps: sqls(
          "PREPARE a FROM 'SELECT word FROM numbers WHERE n = ?'",
          'SET @n = 3',
          'EXECUTE a USING @n',
          'DEALLOCATE PREPARE a',
          'EXECUTE a USING @n',
        ),
      },
      {
        name: 'both protocols in one write',
        steps: [
          say([prepare('a', 'SELECT ?')]),
          say([
            query('SELECT 1'),
            execute('a', [value.long(2)]),
            query('SELECT 3'),
            execute('a', [value.text('4')]),
            ping,
          ]),
        ],
      },
      {
        name: 'parameters as limits, and in lists',
        steps: prepared('SELECT n FROM numbers WHERE n IN (?, ?, ?) ORDER BY n LIMIT ?', [
          value.long(3),
          value.long(1),
          value.long(2),
          value.longLong(2n),
        ]),
      },
      {
        name: 'the same statement by text and in binary',
        steps: [
          sql('SELECT n / 3, n * 1.5, CONCAT(word, n), half IS NULL FROM numbers'),
          ...prepared('SELECT n / 3, n * 1.5, CONCAT(word, n), half IS NULL FROM numbers'),
        ],
      },
    ],
  };
}
