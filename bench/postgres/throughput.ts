import { median, threeDigits } from '../statistics.ts';
import type { BenchOptions } from './bench-postgres.ts';
import { runPgbench } from './pgbench.ts';
import { progress } from './progress.ts';
import { type Target, type TargetName, type Targets, targetNames } from './targets.ts';

const loads = (['simple', 'prepared'] as const).flatMap((protocol) =>
  [1, 16, 100].map((clients) => ({ protocol, clients })),
);

/** Medians over the rounds for one load and one way to the server. */
export interface ThroughputRow {
  readonly protocol: 'simple' | 'prepared';
  readonly clients: number;
  readonly target: TargetName;
  readonly perSecond: number;
  readonly rounds: readonly number[];
  /** Of the process between, in microseconds a transaction; absent for the direct connection. */
  readonly cpu?: { readonly user: number; readonly system: number };
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
        samples.push({ load, target: target.name, ...(await sample(target, { ...load, seconds })) });
      }
    }
  }
  return loads.flatMap((load) =>
    targetNames.map((target) => {
      const own = samples.filter((sample) => sample.load === load && sample.target === target);
      const cpu = own.map((sample) => sample.cpu).filter((spent) => spent !== undefined);
      return {
        ...load,
        target,
        perSecond: Math.round(median(own.map(({ perSecond }) => perSecond))),
        rounds: own.map(({ perSecond }) => Math.round(perSecond)),
        ...(cpu.length === 0
          ? {}
          : {
              cpu: {
                user: threeDigits(median(cpu.map(({ user }) => user))),
                system: threeDigits(median(cpu.map(({ system }) => system))),
              },
            }),
      };
    }),
  );
}

interface Sample {
  readonly perSecond: number;
  readonly cpu: { readonly user: number; readonly system: number } | undefined;
}

async function sample(target: Target, run: Parameters<typeof runPgbench>[1]): Promise<Sample> {
  const before = target.process?.cpuMicroseconds();
  const { perSecond, transactions } = await runPgbench(target, run);
  const after = target.process?.cpuMicroseconds();
  const cpu =
    before && after && transactions > 0
      ? {
          user: (after.user - before.user) / transactions,
          system: (after.system - before.system) / transactions,
        }
      : undefined;
  return { perSecond, cpu };
}
