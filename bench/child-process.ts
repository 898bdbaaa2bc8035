import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { interrupted } from './interruption.ts';

/** A child process of the bench, measured through `/proc`. */
export interface MeasuredProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote so far, both streams; the last 64 KiB. */
  output(): string;
  /** Memory in physical pages, in bytes. */
  residentBytes(): number;
  /** User and system time spent so far, in microseconds. */
  cpuMicroseconds(): { readonly user: number; readonly system: number };
  /** Resolves when the output matches. @throws when the process ends before, the bench does, or after `timeoutMs` */
  said(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>;
  /** Asks it to end, and kills it when it has not after ten seconds. */
  stop(): Promise<void>;
}

/** Starts a program with room for as many sockets as the machine allows a process. */
export function startMeasured(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): MeasuredProcess {
  const child = spawn('/bin/sh', ['-c', 'ulimit -n "$(ulimit -H -n)"; exec "$0" "$@"', command, ...args], {
    ...options,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (child.pid === undefined) throw new Error(`${command} did not start`);
  const { pid } = child;
  // A bench that fails half-way leaves nothing behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  let output = '';
  const listeners = new Set<() => void>();
  const take = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-65_536);
    for (const listener of listeners) listener();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      process.off('exit', kill);
      resolve();
    });
  });

  return {
    pid,
    child,
    output: () => output,
    residentBytes: () => readResident(pid),
    cpuMicroseconds: () => readCpu(pid),
    said: (pattern, timeoutMs) =>
      new Promise((resolve, reject) => {
        const settle = (finish: () => void) => {
          listeners.delete(look);
          interrupted.removeEventListener('abort', giveUp);
          clearTimeout(timer);
          finish();
        };
        const look = () => {
          const match = pattern.exec(output);
          if (match) settle(() => resolve(match));
        };
        const fail = (why: string) =>
          settle(() =>
            reject(new Error(`${command} ${why} before it said ${pattern}:\n${output.slice(-2_000)}`)),
          );
        const timer = setTimeout(() => fail(`took longer than ${timeoutMs} ms`), timeoutMs);
        const giveUp = () => fail('was not waited for');
        void exited.then(() => fail('ended'));
        listeners.add(look);
        interrupted.addEventListener('abort', giveUp);
        look();
      }),
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(force);
    },
  };
}

/** How many files, and so sockets, a process may have open at the most on this machine. */
export function mostOpenFiles(): number {
  const limit = execFileSync('/bin/sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

function readResident(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}

/** Fields 14 and 15 of `/proc/<pid>/stat`, in clock ticks of 10 ms; counted from behind the name, which may hold blanks. */
function readCpu(pid: number): { readonly user: number; readonly system: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]) * 10_000, system: Number(fields[12]) * 10_000 };
}
