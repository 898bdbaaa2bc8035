import { progress } from '../progress.ts';
import { type Sample, type Summary, sampled, summaryOf } from '../samples.ts';
import type { BenchOptions } from './bench-postgres.ts';
import { runPgbench } from './pgbench.ts';
import { type TargetName, type Targets, targetNames } from './targets.ts';

const loads = (['simple', 'prepared'] as const).flatMap((protocol) =>
  [1, 16, 100].map((clients) => ({ protocol, clients })),
);

/** Medians over the rounds for one load and one way to the server. */
export interface ThroughputRow extends Summary {
  readonly protocol: 'simple' | 'prepared';
  readonly clients: number;
  readonly target: TargetName;
}

/** pgbench's single-row SELECT: every load in every round on every target, medians of the rounds. */
export async function measureThroughput(
  targets: Targets,
  { rounds, seconds }: BenchOptions,
): Promise<readonly ThroughputRow[]> {
  const samples: (Sample & { readonly load: (typeof loads)[number]; readonly target: TargetName })[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const load of loads) {
      for (const target of targets.order(round)) {
        progress(
          `throughput, round ${round + 1} of ${rounds}: ${load.protocol}, ${load.clients} clients, ${target.name}`,
        );
        const sample = await sampled(target.process, () => runPgbench(target, { ...load, seconds }));
        samples.push({ load, target: target.name, ...sample });
      }
    }
  }
  return loads.flatMap((load) =>
    targetNames.map((target) => {
      const own = samples.filter((sample) => sample.load === load && sample.target === target);
      return { ...load, target, ...summaryOf(own) };
    }),
  );
}
