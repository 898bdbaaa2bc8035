import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config, ConfigLoaded, Workspace } from '@grantway/server';
import { Command } from 'commander';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Where a config file is looked for when none is named: in the current folder, then the demo's. */
const usualFiles = ['grantway.yaml', '.grantway/grantway.yaml'];

/** Options of every command that works on a gateway's own files. */
export interface OperatorOptions {
  readonly config?: string;
  readonly json?: true;
  readonly previousMasterKey?: string;
}

/** Starts a command that works on the gateway's own store; it may run or not. */
export function operatorCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--config <file>', `the config file (default: ${usualFiles.join(', else ')})`);
}

/** Loads the config that the options name, or finds what is wrong with it. `file` is as the person wrote it. */
export async function findConfig(
  terminal: Terminal,
  { config }: OperatorOptions,
): Promise<{ readonly file: string; readonly loaded: ConfigLoaded }> {
  const { loadConfig } = await import('@grantway/server');
  const file = config ?? (await firstExisting());
  return { file, loaded: await loadConfig(resolve(file), { env: terminal.env }) };
}

/** Loads the config that the options name. @throws Failure with every mistake in it */
export async function readConfig(terminal: Terminal, options: OperatorOptions): Promise<Config> {
  const { file, loaded } = await findConfig(terminal, options);
  if (loaded.outcome === 'loaded') return loaded.config;
  const { formatProblems } = await import('@grantway/server');
  const problems = formatProblems(loaded.problems, file);
  const isRead = loaded.problems.some(({ line }) => line !== undefined);
  throw new Failure(isRead ? `${file} cannot be used.\n${problems}` : problems.trimEnd());
}

/** Opens the store, the vault and the audit of a gateway, does `work`, and closes them whatever happens. */
export async function withWorkspace<T>(
  terminal: Terminal,
  options: OperatorOptions,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const config = await readConfig(terminal, options);
  const { commandLog, openWorkspace } = await import('@grantway/server');
  const workspace = await openWorkspace(config, {
    logger: commandLog('warn'),
    ...(options.previousMasterKey === undefined ? {} : { previousMasterKey: options.previousMasterKey }),
  });
  try {
    return await work(workspace);
  } finally {
    await workspace.close();
  }
}

async function firstExisting(): Promise<string> {
  for (const file of usualFiles) {
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new Failure(
    `There is no ${usualFiles.join(' and no ')} here. Name the config file with --config FILE.`,
  );
}
