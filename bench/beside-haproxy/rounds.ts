import { progress } from '../postgres/progress.ts';
import { median, threeDigits } from '../statistics.ts';
import { type Target, type TargetName, type Targets, targetNames } from './targets.ts';

/** What is measured: one line of the table. */
export interface Load {
  readonly title: string;
}

/** One run of the load's program. */
export interface Run {
  readonly perSecond: number;
  /** Transactions or requests in all. */
  readonly operations: number;
}

/** Medians over the rounds for one load and one way to the server. */
export interface LoadRow {
  readonly load: string;
  readonly target: TargetName;
  readonly perSecond: number;
  readonly rounds: readonly number[];
  /** Of the process between, in microseconds an operation; absent for the direct connection. */
  readonly cpu?: { readonly user: number; readonly system: number };
}

/** Every load in every round on every target, in an order that changes, so that a slower hour touches all of them. */
export async function measureRounds<L extends Load>(
  targets: Targets,
  loads: readonly L[],
  rounds: number,
  run: (target: Target, load: L) => Promise<Run>,
): Promise<readonly LoadRow[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const load of loads) {
      for (const target of targets.order(round)) {
        progress(`round ${round + 1} of ${rounds}: ${load.title}, ${target.name}`);
        const before = target.process?.cpuMicroseconds();
        const { perSecond, operations } = await run(target, load);
        const after = target.process?.cpuMicroseconds();
        const cpu =
          before && after
            ? {
                user: (after.user - before.user) / operations,
                system: (after.system - before.system) / operations,
              }
            : undefined;
        samples.push({ load: load.title, target: target.name, perSecond, cpu });
      }
    }
  }
  const measured = targetNames.filter((target) => samples.some((sample) => sample.target === target));
  return loads.flatMap(({ title }) => measured.map((target) => rowOf(samples, title, target)));
}

interface Sample {
  readonly load: string;
  readonly target: TargetName;
  readonly perSecond: number;
  readonly cpu: { readonly user: number; readonly system: number } | undefined;
}

function rowOf(samples: readonly Sample[], load: string, target: TargetName): LoadRow {
  const own = samples.filter((sample) => sample.load === load && sample.target === target);
  const cpu = own.map((sample) => sample.cpu).filter((spent) => spent !== undefined);
  return {
    load,
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
}
