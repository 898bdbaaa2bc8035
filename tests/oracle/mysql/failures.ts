import { execute, prepare, query } from '../../differential/mysql/commands.ts';
import { payload } from '../tagged.ts';
import { exchange, textRow } from './exchange.ts';
import type { Ask } from './reads.ts';

/** An error that has an own word in it. */
export const failure: Ask = (session, random) => {
  const word = session.word();
  switch (random.below(5)) {
    case 0:
      return [exchange(query(`SELECT * FROM ${word}`), { errors: [new RegExp(`^ERR 1146 .*${word}'`)] })];
    case 1:
      return [
        exchange(prepare('failed', `SELECT ${word} FROM tagged`), {
          errors: [new RegExp(`^ERR 1054 .*${word}`)],
        }),
      ];
    case 2:
      return [
        exchange(query(`SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${word}'`), {
          errors: [new RegExp(`^ERR 1644 45000 ${word}$`)],
        }),
      ];
    case 3:
      // A name that is taken by nobody: the statement must not be somebody else's either.
      return [exchange(execute('nobody'), { errors: [/^ERR 1243 /] })];
    default:
      return [exchange(query(`SELEKT ${word}`), { errors: [new RegExp(`^ERR 1064 .*${word}`)] })];
  }
};

/** An error behind some own rows. */
export const failureInRows: Ask = ({ person }, random) => {
  const at = random.below(20);
  const rows = Array.from({ length: at }, (_, n) => textRow(person, payload(person, n), 1));
  const text = `SELECT owner, payload, IF(n = ${at}, (SELECT 1 UNION SELECT 2), 1) FROM tagged WHERE owner = ${person} ORDER BY n`;
  return [
    {
      command: query(text),
      check: (answer) => {
        // How many rows leave before the error is up to the server.
        const sent = answer.lines.filter((line) => line.startsWith('Row ')).length;
        exchange(query(text), { rows: rows.slice(0, sent), errors: [/^ERR 1242 /] }).check(answer);
      },
    },
  ];
};

/** A warning with an own word, which is asked for afterwards. */
export const warning: Ask = (session) => {
  const word = session.word();
  return [
    exchange(query(`SELECT CAST('${word}' AS SIGNED)`), { rows: [textRow(0)] }),
    exchange(query('SHOW WARNINGS'), {
      rows: [textRow('Warning', 1292, `Truncated incorrect INTEGER value: '${word}'`)],
    }),
  ];
};

/** A statement that takes too long by its own limit. */
export const timeout: Ask = ({ parts: { product } }, random) => {
  const milliseconds = random.between(1, 5);
  // Without the condition MySQL would only multiply.
  const work = 'COUNT(*) FROM tagged a, tagged b, tagged c, tagged d WHERE a.n + b.n + c.n + d.n < 0';
  return [
    product === 'mysql'
      ? exchange(query(`SELECT /*+ MAX_EXECUTION_TIME(${milliseconds}) */ ${work}`), {
          // Where the time runs out decides which of the two it is.
          errors: [/^ERR (3024|1317) /],
        })
      : exchange(query(`SET STATEMENT max_statement_time = ${milliseconds / 1_000} FOR SELECT ${work}`), {
          errors: [/^ERR 1969 /],
        }),
  ];
};

/** A kill of somebody else's session, which must find nobody. */
export const killStranger: Ask = ({ parts: { stranger } }, random) => {
  const number = stranger();
  const what = random.pick(['QUERY', 'CONNECTION', '']);
  return number === 0 ? [] : [exchange(query(`KILL ${what} ${number}`), { errors: [/^ERR 1094 /] })];
};
