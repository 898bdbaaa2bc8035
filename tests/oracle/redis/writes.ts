import {
  array,
  bulk,
  type Exchange,
  exchange,
  exchangeInAnyOrder,
  integer,
  noArray,
  ok,
  push,
  queued,
} from './exchange.ts';
import type { Ask } from './reads.ts';
import type { RedisSession } from './redis-session.ts';

/** The words of an exchange are in the journal for good once it was answered as expected. */
function keeping(session: RedisSession, words: readonly string[], confirmed: Exchange): Exchange {
  const { journal } = session.parts;
  for (const word of words) journal.begun(`${session.person} ${word}`);
  return {
    ...confirmed,
    check: (replies) => {
      confirmed.check(replies);
      for (const word of words) journal.kept(`${session.person} ${word}`);
    },
  };
}

/** A word in the journal that must never be there. */
export function undoneWord(session: RedisSession): string {
  const word = session.word();
  session.parts.journal.undone(`${session.person} ${word}`);
  return word;
}

/** A command that writes a word. */
export function journalCommand(session: RedisSession, word: string): readonly string[] {
  return ['SET', `j:${session.person}:${word}`, word];
}

export const insert: Ask = (session) => {
  const word = session.word();
  return [keeping(session, [word], exchange(journalCommand(session, word), ok))];
};

/** A transaction that is carried out, after a watch that saw nothing. */
export const commit: Ask = (session, random) => {
  const words = Array.from({ length: random.between(1, 4) }, () => session.word());
  return [
    ...(random.chance(50) ? [exchange(['WATCH', `k:${session.word()}`], ok)] : []),
    exchange(['MULTI'], ok),
    ...words.map((word) => exchange(journalCommand(session, word), queued)),
    exchange(['ECHO', words.join()], queued),
    keeping(session, words, exchange(['EXEC'], array(...words.map(() => ok), bulk(words.join())))),
  ];
};

/** A transaction that is not: discarded, spoilt by an error or a refusal, or by a key that was watched. */
export const rollback: Ask = (session, random) => {
  const word = undoneWord(session);
  const begun = [exchange(['MULTI'], ok), exchange(journalCommand(session, word), queued)];
  switch (random.below(4)) {
    case 0:
      return [...begun, exchange(['DISCARD'], ok)];
    case 1:
      return [
        ...begun,
        exchange([session.word()], /^-ERR unknown command /),
        exchange(['EXEC'], /^-EXECABORT /),
      ];
    case 2:
      return [...begun, exchange(['FLUSHALL'], /^-NOPERM /), exchange(['EXEC'], /^-EXECABORT /)];
    default: {
      const key = `k:${session.word()}`;
      return [
        exchange(['WATCH', key], ok),
        exchange(['SET', key, 'changed', 'PX', '60000'], ok),
        ...begun,
        exchange(['EXEC'], noArray(session.protocol)),
      ];
    }
  }
};

/** Waits in vain, or for what is there. */
export const blocking: Ask = (session, random) => {
  const word = session.word();
  const key = `q:${word}`;
  if (random.chance(30)) return [exchange(['BLPOP', key, '0.01'], noArray(session.protocol))];
  return [
    exchange(['RPUSH', key, word], integer(1)),
    exchange(['BLPOP', key, '0'], array(bulk(key), bulk(word))),
  ];
};

/** A channel of one's own: with RESP3 also a message to oneself. */
export const channel: Ask = (session, random) => {
  const { protocol } = session;
  const word = session.word();
  const [prefix, target] = random.pick<readonly [string, string]>([
    ['', word],
    ['p', `${word}*`],
    ['s', word],
  ]);
  const confirmed = (verb: string, number: number) =>
    push(protocol, bulk(`${prefix}${verb}`), bulk(target), integer(number));
  const message =
    prefix === 'p'
      ? push(protocol, ...['pmessage', target, word, word].map(bulk))
      : push(protocol, ...[`${prefix}message`, word, word].map(bulk));
  return [
    exchange([`${prefix}subscribe`.toUpperCase(), target], confirmed('subscribe', 1)),
    ...(protocol === 3
      ? [exchangeInAnyOrder([prefix === 's' ? 'SPUBLISH' : 'PUBLISH', word, word], integer(1), message)]
      : []),
    exchange([`${prefix}unsubscribe`.toUpperCase(), target], confirmed('unsubscribe', 0)),
  ];
};

/** A message that only a connection which remembers its last user would hear. */
export const publishToNobody: Ask = (session, random) => [
  exchange([random.pick(['PUBLISH', 'SPUBLISH']), 'left_behind', session.word()], /^:\d+\r\n$/),
];
