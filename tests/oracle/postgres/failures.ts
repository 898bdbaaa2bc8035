import { bind, execute, parse, query, sync } from '../../support/postgres-messages.ts';
import { payload } from '../tagged.ts';
import { exchange, expectReply } from './exchange.ts';
import type { Ask } from './reads.ts';

/** An error that has an own word in it, from the simple protocol or from any message of the extended one. */
export const failure: Ask = (session, random) => {
  const word = session.word();
  const notANumber = `invalid input syntax for type integer: "${word}"`;
  const run = [bind('', ''), execute(''), sync];
  switch (random.below(5)) {
    case 0:
      return [
        exchange([query(`SELECT '${word}'::int`)], { types: 'E', codes: ['22P02'], texts: [notANumber] }),
      ];
    case 1:
      return [
        exchange([parse('', `SELECT "${word}" FROM tagged`), ...run], {
          types: 'E',
          codes: ['42703'],
          texts: [`column "${word}" does not exist`],
        }),
      ];
    case 2:
      return [
        exchange([parse('', 'SELECT $1::int'), bind('', '', { values: [word] }), execute(''), sync], {
          types: '1E',
          codes: ['22P02'],
          texts: [notANumber],
        }),
      ];
    case 3:
      // A name that is taken by nobody: the statement must not be somebody else's either.
      return [
        exchange([bind('', word), execute(''), sync], {
          types: 'E',
          codes: ['26000'],
          texts: [`prepared statement "${word}" does not exist`],
        }),
      ];
    default:
      return [
        exchange([query(`DO $$ BEGIN RAISE EXCEPTION '${word}'; END $$`)], {
          types: 'E',
          codes: ['P0001'],
          texts: [word],
        }),
      ];
  }
};

/** An error behind some own rows. */
export const failureInRows: Ask = (session, random) => {
  const { person } = session;
  const at = random.below(20);
  const rows = Array.from({ length: at }, (_, n) => [
    String(person),
    payload(person, n),
    String(Math.trunc(1 / (n - at))),
  ]);
  const text = `SELECT owner, payload, 1 / (n - ${at}) FROM (SELECT * FROM tagged WHERE owner = ${person} ORDER BY n OFFSET 0) own`;
  const normal = rows.map(([owner = '', own = '', quotient = '']) => [
    owner,
    own,
    quotient === '-0' ? '0' : quotient,
  ]);
  return random.chance(50)
    ? [exchange([query(text)], { types: `T${'D'.repeat(at)}E`, rows: normal, codes: ['22012'] })]
    : [
        exchange([parse('', text), bind('', ''), execute(''), sync], {
          types: `12${'D'.repeat(at)}E`,
          rows: normal,
          codes: ['22012'],
        }),
      ];
};

/** A statement that takes too long by its own limit, at whatever point of it. */
export const timeout: Ask = (_session, random) => [
  {
    calls: [query(`SET statement_timeout = ${random.between(1, 5)}; SELECT pg_sleep(60)`)],
    check: (reply) =>
      expectReply(reply, {
        types: reply.types === 'CEZ' ? 'CE' : 'CTE',
        tags: ['SET'],
        codes: ['57014'],
        texts: ['canceling statement due to statement timeout'],
      }),
  },
];

/** Notices with an own word, and perhaps an error behind them. */
export const notice: Ask = (session, random) => {
  const words = Array.from({ length: random.between(1, 4) }, () => session.word());
  const raise = words.map((word) => `RAISE NOTICE '${word}';`).join(' ');
  return [
    exchange([query(`DO $$ BEGIN ${raise} END $$`)], {
      types: `${'N'.repeat(words.length)}C`,
      tags: ['DO'],
      codes: words.map(() => '00000'),
      texts: words,
    }),
  ];
};
