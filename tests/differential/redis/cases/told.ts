import type { DifferentialCase } from '../../case.ts';
import { pipeline, type RedisStep, type Words } from '../steps.ts';

/** A case of commands in one write, and the first words of the errors that they get. */
export type Told = readonly [name: string, commands: readonly Words[], errors?: readonly string[]];

export function told(all: readonly Told[]): readonly DifferentialCase<RedisStep>[] {
  return all.map(([name, commands, errors = []]) => ({ name, errors, steps: [pipeline(commands)] }));
}
