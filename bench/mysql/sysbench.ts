import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Load, Target } from '../beside-haproxy/index.ts';
import { interrupted } from '../interruption.ts';
import type { Run } from '../samples.ts';

const execute = promisify(execFile);

/** Scripts that sysbench brings along. */
export const sysbenchScripts = ['oltp_point_select', 'oltp_read_only', 'oltp_read_write'] as const;

export interface SysbenchLoad extends Load {
  readonly script: (typeof sysbenchScripts)[number];
  readonly threads: number;
}

/** The database and tables that every script works on. */
export const sysbenchDatabase = 'bench';
const tables = ['--db-driver=mysql', `--mysql-db=${sysbenchDatabase}`, '--tables=4', '--table-size=50000'];

/** Fills the tables, over the connection that is given. */
export async function fillTables(target: Pick<Target, 'port' | 'login' | 'password'>): Promise<void> {
  await sysbench('oltp_read_write', ...tables, ...(await signIn(target)), 'prepare');
}

/** Runs one script. @throws when sysbench fails or counts an error: such a number would mean nothing */
export async function runSysbench(target: Target, load: SysbenchLoad, seconds: number): Promise<Run> {
  const stdout = await sysbench(
    load.script,
    ...tables,
    ...(await signIn(target)),
    `--threads=${load.threads}`,
    `--time=${seconds}`,
    // Deadlocks of rows that two threads write are part of this load, and sysbench tries those again.
    ...(load.script === 'oltp_read_write' ? ['--mysql-ignore-errors=1213,1020,1205'] : []),
    'run',
  );
  const [, operations, perSecond] = /transactions:\s+(\d+)\s+\(([\d.]+) per sec/.exec(stdout) ?? [];
  if (!(Number(operations) > 0)) throw new Error(`sysbench did nothing through ${target.name}:\n${stdout}`);
  return { operations: Number(operations), perSecond: Number(perSecond) };
}

async function sysbench(...args: readonly string[]): Promise<string> {
  return (await execute('sysbench', args, { signal: interrupted })).stdout;
}

async function signIn({ port, login, password }: Pick<Target, 'port' | 'login' | 'password'>) {
  return [
    '--mysql-host=127.0.0.1',
    `--mysql-port=${port}`,
    `--mysql-user=${login}`,
    `--mysql-password=${await password()}`,
  ];
}
