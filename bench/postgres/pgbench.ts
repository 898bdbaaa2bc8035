import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { interrupted } from '../interruption.ts';
import type { Run } from '../samples.ts';
import type { Target } from './targets.ts';

const run = promisify(execFile);

/** One run of pgbench's built-in single-row SELECT. */
export interface PgbenchRun {
  readonly clients: number;
  readonly protocol: 'simple' | 'prepared';
  readonly seconds: number;
  /** A new connection for each transaction. */
  readonly reconnect?: boolean;
  readonly sslmode?: 'disable' | 'require';
  /** Keep the time of each transaction. */
  readonly everyLatency?: boolean;
}

/** An operation is a transaction; with {@link PgbenchRun.reconnect} the time to connect counts. */
export interface PgbenchResult extends Run {
  /** In microseconds; empty unless asked for. */
  readonly latencies: readonly number[];
}

/** Runs pgbench against a target. @throws when pgbench failed, or when a transaction did */
export async function runPgbench(target: Target, options: PgbenchRun): Promise<PgbenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-bench-pgbench-'));
  try {
    const { stdout } = await run(
      'pgbench',
      [
        ...['--select-only', '--no-vacuum', `--protocol=${options.protocol}`],
        ...[
          `--client=${options.clients}`,
          `--jobs=${Math.min(2, options.clients)}`,
          `--time=${options.seconds}`,
        ],
        ...(options.reconnect ? ['--connect'] : []),
        ...(options.everyLatency ? ['--log', `--log-prefix=${join(folder, 'latency')}`] : []),
      ],
      {
        signal: interrupted,
        timeout: (options.seconds + 60) * 1000,
        env: {
          PATH: process.env.PATH,
          PGHOST: '127.0.0.1',
          PGPORT: String(target.port),
          PGDATABASE: target.database,
          PGUSER: target.user,
          PGPASSWORD: await target.password(),
          PGSSLMODE: options.sslmode ?? 'disable',
          PGGSSENCMODE: 'disable',
        },
      },
    );
    const failed = /number of failed transactions: (\d+)/.exec(stdout)?.[1];
    if (failed !== '0') throw new Error(`pgbench on ${target.name}: ${failed} transactions failed`);
    return {
      operations: Number(/number of transactions actually processed: (\d+)/.exec(stdout)?.[1]),
      // Missing when the time was over before the first transaction.
      perSecond: Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? 0),
      latencies: options.everyLatency ? await readLatencies(folder) : [],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The third column of each log line is the time of the transaction. */
async function readLatencies(folder: string): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (const file of await readdir(folder)) {
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n')) {
      const third = line.split(' ', 3)[2];
      if (third !== undefined) latencies.push(Number(third));
    }
  }
  return latencies;
}
