import {
  type Command,
  closeStatement,
  execute,
  fetchRows,
  longData,
  ping,
  prepare,
  query,
  resetStatement,
  statistics,
  value,
} from '../../differential/mysql/commands.ts';
import { shown } from '../../differential/shown.ts';
import type { Asking } from '../questions.ts';
import type { Random } from '../random.ts';
import { payload, rowsEach } from '../tagged.ts';
import { type Exchange, exchange, expectAnswer, textRow } from './exchange.ts';
import type { MysqlSession } from './mysql-session.ts';

export type Ask = Asking<MysqlSession, Exchange>;

/** Texts of prepared statements: the word, the person, two numbers; each gives other columns. */
const texts = [
  'SELECT owner, n, payload, CAST(? AS CHAR) FROM tagged WHERE owner = ? AND n >= ? AND n < ? ORDER BY n',
  'SELECT payload, CAST(? AS CHAR), owner, n FROM tagged WHERE owner = ? AND n >= ? AND n < ? ORDER BY n',
] as const;

interface Range {
  readonly from: number;
  readonly to: number;
}

function range(random: Random): Range {
  const from = random.below(rowsEach);
  return { from, to: from + random.below(12) };
}

/** The rows of a person, as one of the texts gives them. */
function rowsOf(person: number, { from, to }: Range, word: string, text: number) {
  return Array.from({ length: Math.max(0, Math.min(to, rowsEach) - from) }, (_, index) => {
    const n = from + index;
    return text === 0 ? [person, n, payload(person, n), word] : [payload(person, n), word, person, n];
  });
}

/** A row of the binary protocol, as lines show it. */
function binaryRow(values: readonly (string | number)[]): string {
  const header = Buffer.alloc(1 + Math.floor((values.length + 9) / 8));
  return `Row ${shown(Buffer.concat([header, ...values.map(binaryValue)]))}`;
}

function binaryValue(one: string | number): Buffer {
  return typeof one === 'number' ? value.long(one).bytes : value.text(one).bytes;
}

/** Own rows by a query. */
export const textRows: Ask = (session, random) => {
  const { person } = session;
  const word = session.word();
  const wanted = range(random);
  const text = `SELECT owner, n, payload, '${word}' FROM tagged WHERE owner = ${person} AND n >= ${wanted.from} AND n < ${wanted.to} ORDER BY n`;
  return [exchange(query(text), { rows: rowsOf(person, wanted, word, 0).map((row) => textRow(...row)) })];
};

/** Several statements in one text, perhaps with an error behind them. */
export const manyStatements: Ask = (session, random) => {
  const words = Array.from({ length: random.between(2, 5) }, () => session.word());
  const selects = words.map((word) => `SELECT ${session.person}, '${word}'`);
  const rows = words.map((word) => textRow(session.person, word));
  if (random.chance(70)) return [exchange(query(selects.join(';')), { rows, results: words.length })];
  const missing = session.word();
  return [
    exchange(query([...selects, `SELECT * FROM ${missing}`, 'SELECT 1'].join(';')), {
      rows,
      results: words.length,
      errors: [new RegExp(`^ERR 1146 .*${missing}'`)],
    }),
  ];
};

/**
 * Own rows by a prepared statement, which is made at its first use: at once, or by a cursor. It can run only when its
 * number is known, which is behind the answer to its preparation.
 */
export const preparedRows: Ask = (session, random) => {
  // MySQL 9.7 sends nothing of a result at once when its statement was run through a cursor before.
  const cursor = random.chance(40);
  const name = `${cursor ? 'c' : 's'}${random.below(4)}`;
  const known = session.prepared.get(name);
  if (known === undefined) {
    const text = random.below(texts.length);
    session.prepared.set(name, text);
    return [exchange(prepare(name, texts[text] ?? texts[0]))];
  }
  if (!session.statements.has(name)) return textRows(session, random);
  const { person } = session;
  const word = session.word();
  const wanted = range(random);
  const rows = rowsOf(person, wanted, word, known).map(binaryRow);
  const values = [
    value.text(word),
    ...[person, wanted.from, wanted.to].map((number) => value.long(number)),
  ] as const;
  if (!cursor) return [exchange(execute(name, values), { rows })];
  const sizes = Array.from({ length: 3 }, () => random.between(1, 6));
  return fetched(name, execute(name, values, { cursor: true }), rows, sizes);
};

/** Rows fetched through a cursor in portions, whose rest is dropped. A server may answer without a cursor. */
function fetched(
  name: string,
  open: Command,
  rows: readonly string[],
  sizes: readonly number[],
): readonly Exchange[] {
  let at = 0;
  const portions = sizes.map((size): Exchange => {
    const portion = rows.slice(at, at + size);
    const over = at > rows.length;
    at += size;
    const command = fetchRows(name, size);
    return {
      command,
      // Behind the end of the rows the cursor is gone.
      check: (answer) =>
        answer.errors.length > 0 && (over || portion.length === 0 || at > rows.length)
          ? expectAnswer(command, answer, { errors: [/^ERR 1421 /] })
          : expectAnswer(command, answer, { rows: portion }),
    };
  });
  return [exchange(open), ...portions, exchange(resetStatement(name))];
}

/** A big value there and back: in the text, or ahead of an execution. */
export const echo: Ask = (session, random) => {
  const big = `${session.word()} `.repeat(random.between(1, random.chance(10) ? 5_000 : 50));
  const name = 'echo';
  if (random.chance(50))
    return [exchange(query(`SELECT '${big}'`), { rows: [`Row ${shown(Buffer.from(big))}`] })];
  if (!session.prepared.has(name)) {
    session.prepared.set(name, 0);
    return [exchange(prepare(name, 'SELECT CAST(? AS CHAR(400000))'))];
  }
  if (!session.statements.has(name)) return textRows(session, random);
  const half = Math.floor(big.length / 2);
  return [
    exchange(longData(name, 0, big.slice(0, half))),
    exchange(longData(name, 0, big.slice(half))),
    exchange(execute(name, [value.text('')], { sentAhead: [0] }), { rows: [binaryRow([big])] }),
  ];
};

/** Statements that are prepared and closed at once, without ever running. */
export const forgotten: Ask = (session, random) => {
  const name = `t${random.below(4)}`;
  return session.statements.has(name)
    ? [exchange(closeStatement(name))]
    : [exchange(prepare(name, `SELECT '${session.word()}'`))];
};

/** Commands about nothing. */
export const nothing: Ask = (_session, random) => [exchange(random.pick([ping, statistics]))];

/** A variable that only this session has. */
export const setMarker: Ask = (session) => {
  session.marker = session.word();
  return [exchange(query(`SET @marker = '${session.marker}'`))];
};

/** It is still what it was. */
export const readMarker: Ask = (session) => [
  exchange(query("SELECT COALESCE(@marker, '')"), { rows: [textRow(session.marker)] }),
];
