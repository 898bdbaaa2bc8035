import { spawn } from 'node:child_process';
import type { ServerAccount } from '../../packages/server/src/demo/server-account.ts';
import { endWithRun } from '../support/end-with-run.ts';
import { endServerProcess } from '../support/server-process.ts';

/** A provider of people's identities to start. */
export interface ProviderCommand {
  /** For messages. */
  readonly title: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** Beside `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** An address that is answered with success once it takes people. */
  readonly answersAt: string;
  /** How long that may take. */
  readonly withinSeconds: number;
  readonly account?: ServerAccount;
}

export interface ProviderProcess {
  /** What it wrote, for a check that failed. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts it and waits until it answers. @throws Error with what it wrote when it does not */
export async function startProvider(provider: ProviderCommand): Promise<ProviderProcess> {
  const [program, ...args] = provider.command;
  const child = spawn(program, args, {
    ...provider.account,
    cwd: provider.folder,
    env: { PATH: process.env.PATH, ...provider.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithRun(child);
  let log = '';
  const keep = (text: string) => {
    log += text;
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.once('error', ({ message }) => keep(message));

  const deadline = Date.now() + provider.withinSeconds * 1000;
  for (;;) {
    const response = await fetch(provider.answersAt).catch(() => undefined);
    if (response?.ok) break;
    if (Date.now() > deadline || child.exitCode !== null) {
      await endServerProcess(child);
      throw new Error(`${provider.title} does not answer:\n${log.slice(0, 5_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { log: () => log, stop: () => endServerProcess(child) };
}
