import { query } from '../../differential/mysql/commands.ts';
import { type Exchange, exchange, expectAnswer } from './exchange.ts';
import type { MysqlSession } from './mysql-session.ts';
import type { Ask } from './reads.ts';

/** An exchange that writes words, which are in the journal for good once it was answered as expected. */
function keeping(session: MysqlSession, words: readonly string[], text: string, results = 1): Exchange {
  const { journal } = session.parts;
  for (const word of words) journal.begun(entryOf(session, word));
  const command = query(text);
  return {
    command,
    check: (answer) => {
      expectAnswer(command, answer, { results });
      for (const word of words) journal.kept(entryOf(session, word));
    },
  };
}

/** A word in the journal that must never be there. */
export function undoneWord(session: MysqlSession): string {
  const word = session.word();
  session.parts.journal.undone(entryOf(session, word));
  return word;
}

function entryOf(session: MysqlSession, word: string): string {
  return `${session.person} ${word}`;
}

/** A statement that writes a word, or many. */
export function insertText(session: MysqlSession, ...words: readonly string[]): string {
  const rows = words.map((word) => `(${session.person}, '${word}')`).join(', ');
  return `INSERT INTO journal (owner, word) VALUES ${rows}`;
}

/** One statement, or several in one text. */
export const insert: Ask = (session, random) => {
  const words = Array.from({ length: random.between(1, 3) }, () => session.word());
  return random.chance(50)
    ? [keeping(session, words, insertText(session, ...words))]
    : [keeping(session, words, words.map((word) => insertText(session, word)).join(';'), words.length)];
};

/** A transaction that commits. */
export const commit: Ask = (session) => {
  const words = [session.word(), session.word()];
  return [
    exchange(query('BEGIN')),
    ...words.map((word) => exchange(query(insertText(session, word)))),
    keeping(session, words, 'COMMIT'),
  ];
};

/** A transaction that does not: rolled back, or failed and rolled back. */
export const rollback: Ask = (session, random) => {
  const wrote = [exchange(query('BEGIN')), exchange(query(insertText(session, undoneWord(session))))];
  const failed = random.chance(50)
    ? [exchange(query('SELECT (SELECT 1 UNION SELECT 2)'), { errors: [/^ERR 1242 /] })]
    : [];
  return [...wrote, ...failed, exchange(query('ROLLBACK'))];
};
