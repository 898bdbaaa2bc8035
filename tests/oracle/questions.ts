import type { Act, OracleSession } from './oracle-engine.ts';
import type { Random } from './random.ts';

/** Something to ask that leaves the session as it was; a list, since some take several answers. */
export type Asking<S, E> = (session: S, random: Random) => readonly E[];

export interface Question<S, E> {
  readonly name: string;
  readonly weight: number;
  readonly ask: Asking<S, E>;
}

export type Questions<S, E> = readonly [Question<S, E>, ...(readonly Question<S, E>[])];

/** Each question by itself, answer by answer, and pipelines of any of them. */
export function actsOf<E, S extends OracleSession & { converse(exchanges: readonly E[]): Promise<void> }>(
  questions: Questions<S, E>,
): readonly [Act<S>, ...(readonly Act<S>[])] {
  const pipeline: Act<S> = {
    name: 'pipeline',
    weight: 30,
    run: async (session, random) => {
      const exchanges = someQuestions(questions, session, random, random.between(2, 20));
      await session.converse(exchanges);
      return exchanges.length;
    },
  };
  const alone = questions.map(
    ({ name, weight, ask }): Act<S> => ({
      name,
      weight,
      run: async (session, random) => {
        const exchanges = ask(session, random);
        for (const one of exchanges) await session.converse([one]);
        return exchanges.length;
      },
    }),
  );
  return [pipeline, ...alone];
}

/** Any questions, to be asked in one go. */
export function someQuestions<S, E>(
  questions: Questions<S, E>,
  session: S,
  random: Random,
  count: number,
): readonly E[] {
  return Array.from({ length: count }, (_, index) =>
    random.weighted(questions).ask(session, random.fork(`question ${index}`)),
  ).flat();
}
