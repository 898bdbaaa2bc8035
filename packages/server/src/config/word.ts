import { z } from 'zod';
import { packMistake } from './mistake.ts';

/** One of a few words, of which some are for later versions and say so. */
export function word<T extends string>(what: string, known: readonly T[], supported: readonly T[]) {
  return z.enum(known).refine((given) => supported.includes(given), {
    error: (issue) =>
      packMistake(
        `${what} ${JSON.stringify(issue.input)} is not in this version of Grantway.`,
        `Write ${supported.join(' or ')}, or take this entry out.`,
      ),
  });
}
