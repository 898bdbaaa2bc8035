import { actsOf, type Questions } from '../questions.ts';
import type { Exchange } from './exchange.ts';
import { failure, failureInRows, notice, timeout } from './failures.ts';
import { notifyNobody, notifySelf, readMarker, setMarker } from './own-state.ts';
import type { PostgresSession } from './postgres-session.ts';
import {
  copiedRows,
  echo,
  extendedRows,
  manyStatements,
  nothing,
  preparedRows,
  simpleRows,
} from './reads.ts';
import { commit, copyIn, insert, rollback } from './writes.ts';

/** What a session may ask. */
export const questions: Questions<PostgresSession, Exchange> = [
  { name: 'simple rows', weight: 12, ask: simpleRows },
  { name: 'extended rows', weight: 12, ask: extendedRows },
  { name: 'prepared rows', weight: 12, ask: preparedRows },
  { name: 'many statements', weight: 6, ask: manyStatements },
  { name: 'echo', weight: 6, ask: echo },
  { name: 'copied rows', weight: 4, ask: copiedRows },
  { name: 'nothing', weight: 3, ask: nothing },
  { name: 'failure', weight: 10, ask: failure },
  { name: 'failure in rows', weight: 4, ask: failureInRows },
  { name: 'notice', weight: 3, ask: notice },
  { name: 'timeout', weight: 1, ask: timeout },
  { name: 'insert', weight: 4, ask: insert },
  { name: 'copy in', weight: 3, ask: copyIn },
  { name: 'commit', weight: 3, ask: commit },
  { name: 'rollback', weight: 3, ask: rollback },
  { name: 'set marker', weight: 3, ask: setMarker },
  { name: 'read marker', weight: 5, ask: readMarker },
  { name: 'notify oneself', weight: 1, ask: notifySelf },
  { name: 'notify nobody', weight: 2, ask: notifyNobody },
];

export const acts = actsOf(questions);
