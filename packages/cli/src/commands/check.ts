import type { Command } from 'commander';
import { exitCodes } from '../failure.ts';
import { findConfig, type OperatorOptions, operatorCommand, readConfig } from '../open-workspace.ts';
import { print, say, type Terminal } from '../terminal.ts';

/** `check`: every mistake of the config file at once. */
export function checkCommand(terminal: Terminal): Command {
  return operatorCommand('check', 'report every mistake in the config file')
    .option('--json', 'print the mistakes as JSON')
    .addHelpText('after', '\nExample:\n  $ grantway check --config grantway.yaml\n')
    .action(async (options: OperatorOptions) => {
      if (options.json) return await checkForPrograms(terminal, options);
      const config = await readConfig(terminal, options);
      say(
        terminal,
        `${config.file} is right. Databases: ${config.databases.size}. Clients: ${config.clients.length}.`,
      );
      const { configHints } = await import('@grantway/server');
      for (const hint of configHints(config)) say(terminal, hint);
      say(
        terminal,
        'Not looked at: secrets, the master key and the certificate of tls, which serve reads; the databases, which doctor asks.',
      );
    });
}

async function checkForPrograms(terminal: Terminal, options: OperatorOptions): Promise<void> {
  const { loaded } = await findConfig(terminal, options);
  print(terminal, JSON.stringify(loaded.outcome === 'invalid' ? loaded.problems : [], null, 2));
  if (loaded.outcome === 'invalid') terminal.exitWith(exitCodes.failed);
}
