import { type ChildProcess, spawn } from 'node:child_process';
import { endWithRun } from './end-with-run.ts';
import type { ServerProgram } from './server-program.ts';

/** A server to start. */
export interface ServerCommand {
  readonly build: Pick<ServerProgram, 'command' | 'account'>;
  readonly program: string;
  readonly args: readonly string[];
  /** What it writes once it takes connections. */
  readonly ready: RegExp;
  /** Hears of everything that it writes. */
  readonly onLog: (text: string) => void;
}

/** Starts a server and waits until it says that it is ready; `ended` when it ended instead. */
export async function startServerProcess(server: ServerCommand): Promise<ChildProcess | 'ended'> {
  const [command, ...before] = server.build.command(server.program);
  const child = spawn(command, [...before, ...server.args], {
    ...server.build.account,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithRun(child);
  return await new Promise((resolve, reject) => {
    let waiting = true;
    let written = '';
    const read = (text: string) => {
      server.onLog(text);
      if (!waiting) return;
      written += text;
      if (!server.ready.test(written)) return;
      waiting = false;
      resolve(child);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('close', () => resolve('ended'));
  });
}

/** Asks a process to end; after `patienceMs` it must. */
export async function endServerProcess(child: ChildProcess, patienceMs = 5_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await gone;
  clearTimeout(force);
}
