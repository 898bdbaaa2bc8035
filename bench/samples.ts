import type { MeasuredProcess } from './child-process.ts';
import { median, threeDigits } from './statistics.ts';

/** One run of a load's program. */
export interface Run {
  readonly perSecond: number;
  /** Transactions or requests in all. */
  readonly operations: number;
}

/** CPU time in microseconds an operation. */
interface CpuSpent {
  readonly user: number;
  readonly system: number;
}

/** What one run gave. */
export interface Sample {
  readonly perSecond: number;
  /** Of the process between; undefined for the direct connection. */
  readonly cpu: CpuSpent | undefined;
}

/** Medians over the runs of one load on one way to the server. */
export interface Summary {
  readonly perSecond: number;
  /** Each run, in their order. */
  readonly rounds: readonly number[];
  /** Of the process between; absent for the direct connection. */
  readonly cpu?: CpuSpent;
}

/**
 * The median over the rounds of what one way did in a round divided by what the other did: they ran beside each other, so
 * that a machine that gets slower in between touches both. NaN when one is missing.
 */
export function ratioOf(way: Summary | undefined, other: Summary | undefined): number {
  return median(
    (way?.rounds ?? []).map((perSecond, round) => perSecond / (other?.rounds[round] ?? Number.NaN)),
  );
}

/** Does one run, and sees what it costs the process between. */
export async function sampled(
  between: MeasuredProcess | undefined,
  run: () => Promise<Run>,
): Promise<Sample> {
  const before = between?.cpuMicroseconds();
  const { perSecond, operations } = await run();
  const after = between?.cpuMicroseconds();
  const cpu =
    before && after && operations > 0
      ? { user: (after.user - before.user) / operations, system: (after.system - before.system) / operations }
      : undefined;
  return { perSecond, cpu };
}

/** The row of a result for these samples. */
export function summaryOf(samples: readonly Sample[]): Summary {
  const cpu = samples.map((sample) => sample.cpu).filter((spent) => spent !== undefined);
  return {
    perSecond: Math.round(median(samples.map(({ perSecond }) => perSecond))),
    rounds: samples.map(({ perSecond }) => Math.round(perSecond)),
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
