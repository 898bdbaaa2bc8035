import { progress } from '../progress.ts';
import { quantile } from '../statistics.ts';
import type { BenchOptions } from './bench-postgres.ts';
import { runPgbench } from './pgbench.ts';
import { type TargetName, type Targets, targetNames } from './targets.ts';

/** How long one single-row SELECT takes, in microseconds, over all rounds together. */
export interface LatencyRow {
  readonly clients: number;
  readonly target: TargetName;
  readonly p50: number;
  readonly p99: number;
}

/** The time of every transaction with 1 and with 16 clients; a run of its own, because the log itself costs time. */
export async function measureLatency(
  targets: Targets,
  { rounds, seconds }: BenchOptions,
): Promise<readonly LatencyRow[]> {
  const rows: LatencyRow[] = [];
  for (const clients of [1, 16]) {
    const seen = new Map<TargetName, number[]>(targetNames.map((name) => [name, []]));
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      for (const target of targets.order(round)) {
        progress(`latency, round ${round + 1}: ${clients} clients, ${target.name}`);
        const run = { clients, protocol: 'prepared', seconds, everyLatency: true } as const;
        const { latencies } = await runPgbench(target, run);
        for (const latency of latencies) seen.get(target.name)?.push(latency);
      }
    }
    for (const [target, latencies] of seen) {
      rows.push({ clients, target, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) });
    }
  }
  return rows;
}
