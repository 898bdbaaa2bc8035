import { progress } from '../progress.ts';
import { median } from '../statistics.ts';
import type { BenchOptions } from './bench-postgres.ts';
import { runPgbench } from './pgbench.ts';
import type { TargetName, Targets } from './targets.ts';

/** Logins a second, each followed by one SELECT and a disconnect, with 16 at a time. */
export interface LoginRow {
  readonly target: TargetName;
  /** How the client proves who it is, and over what. */
  readonly how: string;
  readonly perSecond: number;
}

const kinds = [
  { target: 'direct', sslmode: 'disable', how: 'SCRAM-SHA-256, clear' },
  { target: 'pgbouncer', sslmode: 'disable', how: 'SCRAM-SHA-256, clear' },
  { target: 'grantway', sslmode: 'disable', how: 'access token, clear (loopback)' },
  { target: 'grantway', sslmode: 'require', how: 'access token, TLS 1.3' },
] as const;

/** `pgbench --connect`: a new connection for every transaction. */
export async function measureLogins(
  targets: Targets,
  { rounds, seconds }: BenchOptions,
): Promise<readonly LoginRow[]> {
  const samples = kinds.map((): number[] => []);
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (const [index, { target: name, sslmode, how }] of kinds.entries()) {
      const target = targets.order(0).find((candidate) => candidate.name === name);
      if (!target) continue;
      progress(`logins, round ${round + 1}: ${name}, ${how}`);
      const run = { clients: 16, protocol: 'simple', seconds, reconnect: true, sslmode } as const;
      samples[index]?.push((await runPgbench(target, run)).perSecond);
    }
  }
  return kinds.map(({ target, how }, index) => ({
    target,
    how,
    perSecond: Math.round(median(samples[index] ?? [])),
  }));
}
