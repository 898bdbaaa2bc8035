import { describeMachine } from '../machine.ts';
import { measureIdleClients } from './idle-clients.ts';
import { measureLatency } from './latency.ts';
import { measureLogins } from './logins.ts';
import { writeReport } from './report.ts';
import { measureSlowReader } from './slow-reader.ts';
import { startTargets } from './targets.ts';
import { measureThroughput } from './throughput.ts';

/** The measurements by name, in the order in which they run. */
export const measurements = ['throughput', 'latency', 'logins', 'slow-reader', 'idle-clients'] as const;

export interface BenchOptions {
  /** Small numbers, to see that everything runs. The result says so. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Of one pgbench run. */
  readonly seconds: number;
  /** Names of {@link measurements}. */
  readonly only: ReadonlySet<string>;
}

/** Runs the chosen measurements and writes the report; progress goes to stderr. */
export async function benchPostgres(options: BenchOptions): Promise<void> {
  const targets = await startTargets({ poolSize: 128 });
  try {
    const chosen = (name: (typeof measurements)[number]) => options.only.has(name);
    const result: BenchResult = {
      at: new Date().toISOString(),
      complete: !options.quick && measurements.every(chosen),
      machine: describeMachine(targets.upstream.version),
      throughput: chosen('throughput') ? await measureThroughput(targets, options) : [],
      latency: chosen('latency') ? await measureLatency(targets, options) : [],
      logins: chosen('logins') ? await measureLogins(targets, options) : [],
      slowReader: chosen('slow-reader') ? await measureSlowReader(targets, options) : undefined,
      idleClients: chosen('idle-clients') ? await measureIdleClients(options) : [],
    };
    await writeReport(result);
  } finally {
    await targets.stop();
  }
}

/** What {@link benchPostgres} found. */
export interface BenchResult {
  readonly at: string;
  /** False for a quick run, or one of some measurements only: a number among others that are missing. */
  readonly complete: boolean;
  readonly machine: ReturnType<typeof describeMachine>;
  readonly throughput: Awaited<ReturnType<typeof measureThroughput>>;
  readonly latency: Awaited<ReturnType<typeof measureLatency>>;
  readonly logins: Awaited<ReturnType<typeof measureLogins>>;
  readonly slowReader: Awaited<ReturnType<typeof measureSlowReader>> | undefined;
  readonly idleClients: Awaited<ReturnType<typeof measureIdleClients>>;
}
