import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** The machine that a result comes from: enough to judge it by, nothing that tells whose it is. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Reads the machine and the versions of what is measured. `postgres` is the upstream's own version. */
export function describeMachine(postgres: string): Machine {
  const version = (program: string) =>
    /\d+\.\d+(\.\d+)?/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[0] ?? 'unknown';
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: /^\d+\.\d+(\.\d+)?/.exec(release())?.[0] ?? 'unknown',
    versions: {
      node: process.versions.node,
      postgres,
      pgbench: version('pgbench'),
      pgbouncer: version('pgbouncer'),
    },
  };
}
