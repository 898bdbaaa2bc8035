import { actsOf, type Questions } from '../questions.ts';
import type { Exchange } from './exchange.ts';
import { failure, failureInRows, killStranger, timeout, warning } from './failures.ts';
import type { MysqlSession } from './mysql-session.ts';
import {
  echo,
  forgotten,
  manyStatements,
  nothing,
  preparedRows,
  readMarker,
  setMarker,
  textRows,
} from './reads.ts';
import { commit, insert, rollback } from './writes.ts';

/** What a session may ask. */
export const questions: Questions<MysqlSession, Exchange> = [
  { name: 'text rows', weight: 14, ask: textRows },
  { name: 'prepared rows', weight: 25, ask: preparedRows },
  { name: 'many statements', weight: 8, ask: manyStatements },
  { name: 'echo', weight: 6, ask: echo },
  { name: 'forgotten', weight: 3, ask: forgotten },
  { name: 'nothing', weight: 3, ask: nothing },
  { name: 'failure', weight: 10, ask: failure },
  { name: 'failure in rows', weight: 4, ask: failureInRows },
  { name: 'warning', weight: 3, ask: warning },
  { name: 'timeout', weight: 1, ask: timeout },
  { name: 'kill a stranger', weight: 2, ask: killStranger },
  { name: 'insert', weight: 3, ask: insert },
  { name: 'commit', weight: 2, ask: commit },
  { name: 'rollback', weight: 2, ask: rollback },
  { name: 'set marker', weight: 3, ask: setMarker },
  { name: 'read marker', weight: 5, ask: readMarker },
];

export const acts = actsOf(questions);
