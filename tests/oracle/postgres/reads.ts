import {
  bind,
  copyData,
  describePortal,
  execute,
  int32,
  parse,
  query,
  sync,
} from '../../support/postgres-messages.ts';
import type { Asking } from '../questions.ts';
import type { Random } from '../random.ts';
import { payload, rowsEach } from '../tagged.ts';
import { type Exchange, exchange } from './exchange.ts';
import type { PostgresSession } from './postgres-session.ts';

export type Ask = Asking<PostgresSession, Exchange>;

/** Texts of prepared statements: the person, two numbers, a word; each gives other columns. */
const texts = [
  'SELECT owner, n, payload, $4::text FROM tagged WHERE owner = $1 AND n >= $2 AND n < $3 ORDER BY n',
  'SELECT payload, $4::text, owner, n FROM tagged WHERE owner = $1 AND n >= $2 AND n < $3 ORDER BY n',
] as const;
const types = [23, 23, 23, 25] as const;

interface Range {
  readonly from: number;
  readonly to: number;
}

function range(random: Random): Range {
  const from = random.below(rowsEach);
  return { from, to: from + random.below(12) };
}

/** The rows of a person, as one of the texts gives them. */
function rowsOf(person: number, { from, to }: Range, word: string, text: number, binary: boolean) {
  const numbers = Array.from(
    { length: Math.max(0, Math.min(to, rowsEach) - from) },
    (_, index) => from + index,
  );
  const number = (value: number) => (binary ? int32(value) : String(value));
  return numbers.map((n) =>
    text === 0
      ? [number(person), number(n), payload(person, n), word]
      : [payload(person, n), word, number(person), number(n)],
  );
}

/** Own rows by a simple query. */
export const simpleRows: Ask = (session, random) => {
  const { person } = session;
  const word = session.word();
  const wanted = range(random);
  const rows = rowsOf(person, wanted, word, 0, false);
  const text = `SELECT owner, n, payload, '${word}' FROM tagged WHERE owner = ${person} AND n >= ${wanted.from} AND n < ${wanted.to} ORDER BY n`;
  return [
    exchange([query(text)], { types: `T${'D'.repeat(rows.length)}C`, rows, tags: [`SELECT ${rows.length}`] }),
  ];
};

/** Several statements in one text. */
export const manyStatements: Ask = (session, random) => {
  const words = Array.from({ length: random.between(2, 5) }, () => session.word());
  return [
    exchange([query(words.map((word) => `SELECT ${session.person}, '${word}'`).join(';'))], {
      types: 'TDC'.repeat(words.length),
      rows: words.map((word) => [String(session.person), word]),
      tags: words.map(() => 'SELECT 1'),
    }),
  ];
};

/** Own rows by the extended protocol: text or binary, described or not, at once or in portions. */
export const extendedRows: Ask = (session, random) => {
  const text = random.below(texts.length);
  const parsed = [parse('', texts[text] ?? texts[0], types)];
  return [bound(session, random, parsed, '1', '', text)];
};

/** The same by a named statement, which is made at its first use. */
export const preparedRows: Ask = (session, random) => {
  const name = `s${random.below(6)}`;
  const known = session.prepared.get(name);
  if (known !== undefined) return [bound(session, random, [], '', name, known)];
  const text = random.below(texts.length);
  session.prepared.set(name, text);
  return [bound(session, random, [parse(name, texts[text] ?? texts[0], types)], '1', name, text)];
};

function bound(
  session: PostgresSession,
  random: Random,
  before: Exchange['calls'],
  typesBefore: string,
  name: string,
  text: number,
): Exchange {
  const { person } = session;
  const word = session.word();
  const wanted = range(random);
  const binary = random.chance(50);
  const given = random.chance(50);
  const rows = rowsOf(person, wanted, word, text, binary);
  const numbers = [person, wanted.from, wanted.to];
  const values = given ? [...numbers.map(int32), word] : [...numbers.map(String), word];
  const limit = random.chance(30) ? random.between(1, 5) : 0;
  const portions = limit === 0 ? 1 : Math.floor(rows.length / limit) + 1;
  const described = random.chance(50);
  const answered = Array.from({ length: portions }, (_, portion) =>
    portion < portions - 1 ? `${'D'.repeat(limit)}s` : `${'D'.repeat(rows.length - portion * limit)}C`,
  ).join('');
  return exchange(
    [
      ...before,
      bind('', name, { values, formats: given ? [1, 1, 1, 0] : [], results: [binary ? 1 : 0] }),
      ...(described ? [describePortal('')] : []),
      ...Array.from({ length: portions }, () => execute('', limit)),
      sync,
    ],
    {
      types: `${typesBefore}2${described ? 'T' : ''}${answered}`,
      rows,
      tags: [`SELECT ${limit === 0 ? rows.length : rows.length - (portions - 1) * limit}`],
    },
  );
}

/** A big value there and back. */
export const echo: Ask = (session, random) => {
  const value = `${session.word()} `.repeat(random.below(random.chance(10) ? 5_000 : 50));
  return [
    exchange([parse('', 'SELECT $1', [25]), bind('', '', { values: [value] }), execute(''), sync], {
      types: '12DC',
      rows: [[value]],
      tags: ['SELECT 1'],
    }),
  ];
};

/** Own rows by COPY. */
export const copiedRows: Ask = (session, random) => {
  const { from, to } = range(random);
  const { person } = session;
  const rows = rowsOf(person, { from, to }, '', 0, false).map((row) => `${row.slice(0, 3).join('\t')}\n`);
  const text = `COPY (SELECT owner, n, payload FROM tagged WHERE owner = ${person} AND n >= ${from} AND n < ${to} ORDER BY n) TO STDOUT`;
  return [
    exchange([query(text)], {
      types: `H${'d'.repeat(rows.length)}cC`,
      tags: [`COPY ${rows.length}`],
      copied: rows.join(''),
    }),
  ];
};

/** Nothing at all, in three forms; bytes of a COPY that nobody began belong to it. */
export const nothing: Ask = (_session, random) => [
  random.pick([
    exchange([sync], { types: '' }),
    exchange([query('')], { types: 'I' }),
    exchange([copyData('stray'), sync], { types: '' }),
  ]),
];
