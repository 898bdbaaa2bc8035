import type { MysqlBuild } from '../../../support/mysql-builds.ts';
import type { Theme } from '../../case.ts';
import { execute, ping, prepare, query, setOption } from '../commands.ts';
import { type MysqlStep, prepared, say, sql, sqls } from '../steps.ts';

/** Several statements in one text, and procedures with several results. */
export function multiResults(product: MysqlBuild['product']): Theme<MysqlStep> {
  const mysql = product === 'mysql';
  return {
    name: 'several results',
    cases: [
      { name: 'two statements', steps: [sql('SELECT 1; SELECT 2')] },
      {
        name: 'fifty statements',
        steps: [sql(Array.from({ length: 50 }, (_, n) => `SELECT ${n}`).join(';'))],
      },
      {
        name: 'rows and counts in turn',
        steps: [
          sql(
            "INSERT INTO notes (title) VALUES ('a'); SELECT title FROM notes; UPDATE notes SET body = 'x'; SELECT body FROM notes; DELETE FROM notes",
          ),
        ],
      },
      {
        name: 'an error in the middle ends the text',
        errors: ['1146'],
        steps: [
          sql("INSERT INTO notes (title) VALUES ('a'); SELECT * FROM nowhere; SELECT 2"),
          sql('SELECT title FROM notes'),
        ],
      },
      {
        name: 'a syntax error behind a good statement',
        errors: ['1064'],
        steps: [sql("INSERT INTO notes (title) VALUES ('a'); SELEC"), sql('SELECT title FROM notes')],
      },
      { name: 'a trailing semicolon', steps: sqls('SELECT 1;', 'SELECT 1; ') },
      {
        name: 'an empty statement between others',
        errors: mysql ? ['1064'] : ['1064'],
        steps: [sql('SELECT 1;; SELECT 2')],
      },
      {
        name: 'a procedure with results of several kinds',
        steps: sqls(
          "CREATE PROCEDURE p() BEGIN SELECT 1; INSERT INTO notes (title) VALUES ('a'); SELECT title, stars FROM notes; UPDATE notes SET stars = 1; END",
          'CALL p()',
        ),
      },
      { name: 'a procedure without results', steps: sqls('CREATE PROCEDURE p() BEGIN END', 'CALL p()') },
      {
        name: 'a procedure that fails between its results',
        errors: ['1146'],
        steps: sqls(
          'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT * FROM nowhere; END',
          'CALL p()',
          'SELECT 2',
        ),
      },
      {
        name: 'a procedure with parameters out',
        steps: sqls(
          'CREATE PROCEDURE p(IN a INT, OUT b INT, INOUT c INT) BEGIN SET b = a * 2; SET c = c + 1; END',
          'SET @c = 5',
          'CALL p(21, @b, @c)',
          'SELECT @b, @c',
        ),
      },
      {
        name: 'a procedure by the binary protocol',
        steps: [
          ...sqls("CREATE PROCEDURE p() BEGIN SELECT n FROM numbers WHERE n < 3; SELECT 'x'; END"),
          ...prepared('CALL p()'),
        ],
      },
      {
        name: 'parameters out by the binary protocol',
        steps: [
          ...sqls(
            'CREATE PROCEDURE p(OUT a INT, OUT b VARCHAR(10)) BEGIN SELECT 1; SET a = 2; SET b = "x"; END',
          ),
          ...prepared('CALL p(?, ?)', [null, null]),
        ],
      },
      {
        name: 'parameters out alone, twice, and statements between',
        steps: [
          ...sqls('CREATE PROCEDURE p(OUT a INT) BEGIN SET a = 2; END'),
          say([prepare('a', 'CALL p(?)')]),
          say([execute('a', [null]), query('SELECT 1'), execute('a', [null]), ping]),
        ],
      },
      {
        name: 'a procedure with cursors inside, by the binary protocol, with and without a cursor asked for',
        steps: [
          ...sqls(
            'CREATE PROCEDURE p() BEGIN DECLARE x INT; DECLARE c CURSOR FOR SELECT n FROM numbers WHERE n < 4; OPEN c; FETCH c INTO x; SELECT x, 1; FETCH c INTO x; SELECT x; CLOSE c; SELECT 3; END',
          ),
          say([prepare('a', 'CALL p()')]),
          say([execute('a'), ping]),
          say([execute('a', [], { cursor: true }), ping]),
          say([query('CALL p()'), query('SELECT 1')]),
        ],
      },
      {
        name: 'errors of SIGNAL with all fields',
        errors: ['1644', '30001'],
        steps: sqls(
          "CREATE PROCEDURE p() SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'said ☃'",
          'CALL p()',
          "CREATE PROCEDURE q() SIGNAL SQLSTATE '45001' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'own number'",
          'CALL q()',
        ),
      },
      {
        name: 'warnings of SIGNAL and of handlers',
        steps: sqls(
          "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SELECT 'handled'; SELECT * FROM nowhere; SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'mind'; END",
          'CALL p()',
          'SHOW WARNINGS',
        ),
      },
      {
        name: 'a cursor in a procedure',
        steps: sqls(
          'CREATE PROCEDURE p() BEGIN DECLARE done INT DEFAULT 0; DECLARE x INT; DECLARE c CURSOR FOR SELECT n FROM numbers WHERE n < 4; DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1; OPEN c; l: LOOP FETCH c INTO x; IF done THEN LEAVE l; END IF; SELECT x; END LOOP; CLOSE c; END',
          'CALL p()',
        ),
      },
      {
        name: 'several statements cannot be prepared',
        errors: ['1064'],
        steps: [say([prepare('a', 'SELECT 1; SELECT 2')])],
      },
      {
        name: 'several statements that the client has switched off',
        errors: ['1064'],
        steps: [
          say([setOption(1)]),
          sql('SELECT 1; SELECT 2'),
          say([setOption(0)]),
          sql('SELECT 3; SELECT 4'),
        ],
      },
      {
        name: 'texts of several statements, pipelined',
        steps: [say(Array.from({ length: 20 }, (_, n) => query(`SELECT ${n}; SELECT ${n} + 1`)))],
      },
      {
        name: 'EXECUTE IMMEDIATE or its like',
        steps: sqls(
          "PREPARE a FROM 'SELECT ? + 1'",
          'SET @x = 41',
          'EXECUTE a USING @x',
          'DEALLOCATE PREPARE a',
        ),
      },
    ],
  };
}
