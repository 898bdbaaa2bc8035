import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { endWithRun } from './end-with-run.ts';
import type { ServerDirectory, ServerProgram } from './server-program.ts';
import { type ProcessEnd, tellUnaskedEnd } from './unasked-end.ts';

/** A server to start. */
export interface ServerCommand {
  /** For messages. */
  readonly title: string;
  readonly build: Pick<ServerProgram, 'command' | 'account'>;
  readonly program: string;
  readonly args: readonly string[];
  /** What it writes once it takes connections. */
  readonly ready: RegExp;
  /** Its files, which go with it. */
  readonly directory: ServerDirectory;
}

/** A server that runs. What it says when it ends by itself, see {@link tellUnaskedEnd}. */
export interface RunningServer {
  /** Everything that it wrote so far. */
  log(): string;
  /** Ends it and starts it again with the same arguments and files. */
  restart(): Promise<void>;
  /** Ends it as a crash does, and leaves its files. */
  crash(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

const mostTries = 3;

/**
 * Starts what `command` makes of fresh settings, anew when somebody else has taken the port between our look and the
 * server's; three times at most.
 * @throws Error with what the server wrote when it does not start
 */
export async function startServerOnFreePort<Settings>(
  chooseSettings: () => Promise<Settings>,
  command: (settings: Settings) => Promise<ServerCommand>,
): Promise<{ readonly server: RunningServer; readonly settings: Settings }> {
  for (let tries = 1; ; tries++) {
    const settings = await chooseSettings();
    try {
      return { server: await startServer(await command(settings)), settings };
    } catch (cause) {
      if (tries === mostTries || !/address already in use/i.test(String(cause))) throw cause;
    }
  }
}

/**
 * Starts a server and waits until it says that it is ready.
 * @throws Error with what it wrote when it ends instead; its files are then removed
 */
export async function startServer(command: ServerCommand): Promise<RunningServer> {
  const removeFiles = async () => await rm(command.directory.ours, { recursive: true, force: true });
  let log = '';
  const launch = async () =>
    await launchServer(command, (text) => {
      log += text;
    });
  const first = await launch();
  if (first === 'ended') {
    await removeFiles();
    throw new Error(`${command.title} did not start:\n${log}`);
  }
  const watch = (ended: Promise<ProcessEnd>) =>
    tellUnaskedEnd({ title: command.title, ended, log: () => log });
  let { child } = first;
  let asked = watch(first.ended);
  return {
    log: () => log,
    restart: async () => {
      asked();
      await endServerProcess(child);
      const next = await launch();
      if (next === 'ended') throw new Error(`${command.title} did not start again:\n${log}`);
      child = next.child;
      asked = watch(next.ended);
    },
    crash: async () => {
      asked();
      await endServerProcess(child, 'at once');
    },
    stop: async () => {
      asked();
      await endServerProcess(child);
      await removeFiles();
    },
  };
}

async function launchServer(
  { build, program, args, ready }: ServerCommand,
  onLog: (text: string) => void,
): Promise<{ readonly child: ChildProcess; readonly ended: Promise<ProcessEnd> } | 'ended'> {
  const [command, ...before] = build.command(program);
  const child = spawn(command, [...before, ...args], {
    ...build.account,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithRun(child);
  // Not `exit`: only then everything that it wrote has been read.
  const ended = new Promise<ProcessEnd>((resolve) =>
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal })),
  );
  return await new Promise((resolve, reject) => {
    let waiting = true;
    let written = '';
    const read = (text: string) => {
      onLog(text);
      if (!waiting) return;
      written += text;
      if (!ready.test(written)) return;
      waiting = false;
      resolve({ child, ended });
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    void ended.then(() => resolve('ended'));
  });
}

/** Asks a process to end; after `patienceMs` it must. */
export async function endServerProcess(
  child: ChildProcess,
  patienceMs: number | 'at once' = 5_000,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(patienceMs === 'at once' ? 'SIGKILL' : 'SIGTERM');
  const force = patienceMs === 'at once' ? undefined : setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await gone;
  clearTimeout(force);
}
