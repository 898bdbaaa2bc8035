import { progress } from '../progress.ts';
import { type Run, type Sample, type Summary, sampled, summaryOf } from '../samples.ts';
import { type Target, type TargetName, type Targets, targetNames } from './targets.ts';

/** What is measured: one line of the table. */
export interface Load {
  readonly title: string;
}

/** Medians over the rounds for one load and one way to the server. */
export interface LoadRow extends Summary {
  readonly load: string;
  readonly target: TargetName;
}

/** Every load in every round on every target, in an order that changes, so that a slower hour touches all of them. */
export async function measureRounds<L extends Load>(
  targets: Targets,
  loads: readonly L[],
  rounds: number,
  run: (target: Target, load: L) => Promise<Run>,
): Promise<readonly LoadRow[]> {
  const samples: (Sample & { readonly load: string; readonly target: TargetName })[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const load of loads) {
      for (const target of targets.order(round)) {
        progress(`round ${round + 1} of ${rounds}: ${load.title}, ${target.name}`);
        const sample = await sampled(target.process, () => run(target, load));
        samples.push({ load: load.title, target: target.name, ...sample });
      }
    }
  }
  const measured = targetNames.filter((target) => samples.some((sample) => sample.target === target));
  return loads.flatMap(({ title }) =>
    measured.map((target) => {
      const own = samples.filter((sample) => sample.load === title && sample.target === target);
      return { load: title, target, ...summaryOf(own) };
    }),
  );
}
