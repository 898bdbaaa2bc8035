import type { Act } from '../oracle-engine.ts';
import { failure, failureInRows, notice, timeout } from './failures.ts';
import { notifyNobody, notifySelf, readMarker, setMarker } from './own-state.ts';
import type { PostgresSession } from './postgres-session.ts';
import {
  type Ask,
  copiedRows,
  echo,
  extendedRows,
  manyStatements,
  nothing,
  preparedRows,
  simpleRows,
} from './reads.ts';
import { commit, copyIn, insert, rollback } from './writes.ts';

interface Question {
  readonly name: string;
  readonly weight: number;
  readonly ask: Ask;
}

const questions: readonly [Question, ...(readonly Question[])] = [
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

/** Each question by itself, and pipelines of any of them. */
export const acts: readonly [Act<PostgresSession>, ...(readonly Act<PostgresSession>[])] = [
  {
    name: 'pipeline',
    weight: 30,
    run: async (session, random) => {
      const exchanges = Array.from({ length: random.between(2, 20) }, (_, index) =>
        random.weighted(questions).ask(session, random.fork(`question ${index}`)),
      ).flat();
      await session.converse(exchanges);
      return exchanges.length;
    },
  },
  ...questions.map(({ name, weight, ask }) => ({
    name,
    weight,
    run: async (session: PostgresSession, random: Parameters<Ask>[1]) => {
      const exchanges = ask(session, random);
      for (const one of exchanges) await session.converse([one]);
      return exchanges.length;
    },
  })),
];

/** Some questions for a session that will not hear all of the answers. */
export function someQuestions(session: PostgresSession, random: Parameters<Ask>[1], count: number) {
  return Array.from({ length: count }, (_, index) =>
    random.weighted(questions).ask(session, random.fork(`unheard ${index}`)),
  ).flat();
}
