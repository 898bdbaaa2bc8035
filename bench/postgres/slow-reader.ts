import { spawn } from 'node:child_process';
import type { BenchOptions } from './bench-postgres.ts';
import { progress } from './progress.ts';
import type { Targets } from './targets.ts';

/** Memory of the gateway while one client takes a large result slowly. All in bytes. */
export interface SlowReader {
  readonly resultBytes: number;
  readonly readPerSecond: number;
  readonly residentBefore: number;
  readonly residentPeak: number;
}

const chunk = 4 * 2 ** 20;
const pauseMs = 50;

/** Reads a COPY of 2 GB (64 MB in a quick run) through psql at 80 MB/s at most, and watches the gateway's memory. */
export async function measureSlowReader(targets: Targets, { quick }: BenchOptions): Promise<SlowReader> {
  const megabytes = quick ? 64 : 2_000;
  progress(`slow reader: ${megabytes} MB at ${Math.round(((chunk / pauseMs) * 1000) / 2 ** 20)} MiB/s`);
  const { gateway, upstream } = targets;
  const residentBefore = gateway.process.residentBytes();
  const statement = `COPY (SELECT repeat('x', 999) FROM generate_series(1, ${megabytes} * 1000)) TO STDOUT`;
  const psql = spawn('psql', ['--no-psqlrc', '--quiet', '--command', statement], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PGHOST: '127.0.0.1',
      PGPORT: String(gateway.port),
      PGDATABASE: upstream.database,
      PGUSER: 'readonly',
      PGPASSWORD: await gateway.token(),
      PGSSLMODE: 'disable',
    },
  });

  let residentPeak = residentBefore;
  const watch = setInterval(() => {
    residentPeak = Math.max(residentPeak, gateway.process.residentBytes());
  }, 50);
  const started = performance.now();
  let resultBytes = 0;
  let untilPause = chunk;
  try {
    for await (const piece of psql.stdout) {
      resultBytes += piece.length;
      untilPause -= piece.length;
      if (untilPause > 0) continue;
      untilPause = chunk;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    clearInterval(watch);
    psql.kill();
  }
  if (resultBytes !== megabytes * 1_000_000) throw new Error(`the result was cut at ${resultBytes} bytes`);
  const seconds = (performance.now() - started) / 1000;
  return { resultBytes, readPerSecond: Math.round(resultBytes / seconds), residentBefore, residentPeak };
}
