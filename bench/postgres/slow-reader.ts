import { spawn } from 'node:child_process';
import { interrupted } from '../interruption.ts';
import { progress } from '../progress.ts';
import type { BenchOptions } from './bench-postgres.ts';
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

/**
 * Reads a COPY of 2 GB (64 MB in a quick run) through psql at 80 MB/s at most, and watches the gateway's memory. A
 * smaller one goes before, so that what a fresh process needs for its first large result is not counted.
 */
export async function measureSlowReader(
  { gateway, upstream }: Targets,
  { quick }: BenchOptions,
): Promise<SlowReader> {
  const megabytes = quick ? 64 : 2_000;
  progress(`slow reader: ${megabytes} MB`);
  const login = { port: gateway.port, database: upstream.database };
  await readSlowly(32, { ...login, token: await gateway.token() });

  const residentBefore = gateway.process.residentBytes();
  let residentPeak = residentBefore;
  const watch = setInterval(() => {
    residentPeak = Math.max(residentPeak, gateway.process.residentBytes());
  }, 50);
  try {
    const started = performance.now();
    await readSlowly(megabytes, { ...login, token: await gateway.token() });
    const seconds = (performance.now() - started) / 1000;
    const resultBytes = megabytes * 1_000_000;
    return { resultBytes, readPerSecond: Math.round(resultBytes / seconds), residentBefore, residentPeak };
  } finally {
    clearInterval(watch);
  }
}

async function readSlowly(
  megabytes: number,
  { port, database, token }: { readonly port: number; readonly database: string; readonly token: string },
): Promise<void> {
  const statement = `COPY (SELECT repeat('x', 999) FROM generate_series(1, ${megabytes} * 1000)) TO STDOUT`;
  const psql = spawn('psql', ['--no-psqlrc', '--quiet', '--command', statement], {
    signal: interrupted,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGDATABASE: database,
      PGUSER: 'readonly',
      PGPASSWORD: token,
      PGSSLMODE: 'disable',
    },
  });
  // Its output then ends, which is seen below.
  psql.on('error', () => {});
  let received = 0;
  let untilPause = chunk;
  try {
    for await (const piece of psql.stdout) {
      received += piece.length;
      untilPause -= piece.length;
      if (untilPause > 0) continue;
      untilPause = chunk;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    psql.kill();
  }
  if (received !== megabytes * 1_000_000) throw new Error(`the result was cut at ${received} bytes`);
}
