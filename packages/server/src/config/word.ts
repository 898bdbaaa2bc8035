import { z } from 'zod';
import { listed } from './listed.ts';
import { packMistake } from './mistake.ts';

/** One of the words that this version supports. A word of a later version is refused by a sentence that says so. */
export function word<T extends string>(what: string, known: readonly T[], supported: readonly T[]) {
  return z.enum(supported, {
    error: ({ input }) =>
      known.some((one) => one === input)
        ? packMistake(
            `${what} ${JSON.stringify(input)} is not in this version of Grantway.`,
            `Write ${listed(supported, 'or')}, or take this entry out.`,
          )
        : undefined,
  });
}
