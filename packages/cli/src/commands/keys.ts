import { Command } from 'commander';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { print, say, type Terminal } from '../terminal.ts';

/** `keys`: the keys that the stored secrets are sealed under. */
export function keysCommand(terminal: Terminal): Command {
  return new Command('keys')
    .description('rotate the keys of the stored secrets')
    .addCommand(rotate(terminal))
    .addHelpText('after', '\nExample:\n  $ grantway keys rotate\n');
}

function rotate(terminal: Terminal): Command {
  return operatorCommand('rotate', 'put every stored secret under a fresh key; may be ended and run again')
    .option(
      '--previous-master-key <reference>',
      'the master key until now (env:NAME or file:PATH), when the config names a new one',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ grantway keys rotate\n  $ grantway keys rotate --previous-master-key file:./old.key\n',
    )
    .action((options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { rotateVaultKeys } = await import('@grantway/server');
        const done = await rotateVaultKeys(workspace);
        if (options.json) {
          print(terminal, JSON.stringify(done, null, 2));
          return;
        }
        say(
          terminal,
          `${done.rewrapped} secrets are under key ${done.active} now; retired: ${done.retired.join(', ') || 'none'}.`,
        );
      }),
    );
}
