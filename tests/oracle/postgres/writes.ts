import {
  bind,
  copyData,
  copyDone,
  copyFail,
  execute,
  parse,
  query,
  sync,
} from '../../support/postgres-messages.ts';
import { type Exchange, type Expected, exchange, expectReply } from './exchange.ts';
import type { PostgresSession } from './postgres-session.ts';
import type { Ask } from './reads.ts';

/** An exchange that writes words, which are in the journal for good once it was answered as expected. */
function keeping(
  session: PostgresSession,
  words: readonly string[],
  calls: Exchange['calls'],
  expected: Expected,
): Exchange {
  const { journal } = session.parts;
  for (const word of words) journal.begun(entryOf(session, word));
  return {
    calls,
    check: (reply) => {
      expectReply(reply, expected);
      for (const word of words) journal.kept(entryOf(session, word));
    },
  };
}

/** A word in the journal that must never be there. */
export function undoneWord(session: PostgresSession): string {
  const word = session.word();
  session.parts.journal.undone(entryOf(session, word));
  return word;
}

function entryOf(session: PostgresSession, word: string): string {
  return `${session.person} ${word}`;
}

/** A statement that writes a word, or many. */
export function insertText(session: PostgresSession, ...words: readonly string[]): string {
  return `INSERT INTO journal VALUES ${words.map((word) => `(${session.person}, '${word}')`).join(', ')}`;
}

/** By a simple query, or by the extended protocol. */
export const insert: Ask = (session, random) => {
  const word = session.word();
  if (random.chance(50)) {
    return [
      keeping(session, [word], [query(insertText(session, word))], { types: 'C', tags: ['INSERT 0 1'] }),
    ];
  }
  const calls = [
    parse('', 'INSERT INTO journal VALUES ($1, $2) RETURNING word', [23, 25]),
    bind('', '', { values: [String(session.person), word] }),
    execute(''),
    sync,
  ];
  return [keeping(session, [word], calls, { types: '12DC', rows: [[word]], tags: ['INSERT 0 1'] })];
};

/** Several rows by COPY, or none when it is given up. */
export const copyIn: Ask = (session, random) => {
  const text = query('COPY journal FROM STDIN');
  if (random.chance(20)) {
    const word = undoneWord(session);
    return [
      exchange([text, copyData(`${session.person}\t${word}\n`), copyFail], { types: 'GE', codes: ['57014'] }),
    ];
  }
  const words = Array.from({ length: random.between(1, 5) }, () => session.word());
  const data = words.map((word) => copyData(`${session.person}\t${word}\n`));
  return [
    keeping(session, words, [text, ...data, copyDone], { types: 'GC', tags: [`COPY ${words.length}`] }),
  ];
};

/** A transaction that commits. */
export const commit: Ask = (session) => {
  const words = [session.word(), session.word()] as const;
  const [first, second] = words;
  return [
    exchange([query('BEGIN')], { types: 'C', tags: ['BEGIN'], status: 'T' }),
    exchange([query(insertText(session, first))], { types: 'C', tags: ['INSERT 0 1'], status: 'T' }),
    exchange([query(insertText(session, second))], { types: 'C', tags: ['INSERT 0 1'], status: 'T' }),
    keeping(session, words, [query('COMMIT')], { types: 'C', tags: ['COMMIT'] }),
  ];
};

/** A transaction that does not: rolled back, failed, or a batch that fails at its end. */
export const rollback: Ask = (session, random) => {
  const word = undoneWord(session);
  const began = exchange([query('BEGIN')], { types: 'C', tags: ['BEGIN'], status: 'T' });
  const wrote = exchange([query(insertText(session, word))], {
    types: 'C',
    tags: ['INSERT 0 1'],
    status: 'T',
  });
  switch (random.below(3)) {
    case 0:
      return [began, wrote, exchange([query('ROLLBACK')], { types: 'C', tags: ['ROLLBACK'] })];
    case 1:
      return [
        began,
        wrote,
        exchange([query('SELECT 1 / 0')], { types: 'E', codes: ['22012'], status: 'E' }),
        exchange([query('SELECT 1')], { types: 'E', codes: ['25P02'], status: 'E' }),
        exchange([query('COMMIT')], { types: 'C', tags: ['ROLLBACK'] }),
      ];
    default:
      return [
        exchange([query(`${insertText(session, word)}; SELECT 1 / 0`)], {
          types: 'CE',
          tags: ['INSERT 0 1'],
          codes: ['22012'],
        }),
      ];
  }
};
