import { InvalidArgumentError, Option } from 'commander';

/**
 * An option that may be given several times, for texts that are never empty; its values in order. `without` says in the
 * help what holds when it is not given.
 */
export function repeatedOption(flags: string, description: string, without = 'none'): Option {
  return new Option(flags, `${description}; repeat it`)
    .argParser((value: string, all: readonly string[]) => {
      if (value === '') throw new InvalidArgumentError('It is empty.');
      return [...all, value];
    })
    .default([], without);
}
