import { Command } from 'commander';
import { counted } from '../counted.ts';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { printableTime, printRows, timeCell } from '../print-table.ts';
import { print, say, type Terminal } from '../terminal.ts';

/** `keys`: the keys that the stored secrets are sealed under, and those that sign ID tokens. */
export function keysCommand(terminal: Terminal): Command {
  return new Command('keys')
    .description('rotate the keys of the stored secrets, and those that sign ID tokens')
    .addCommand(list(terminal))
    .addCommand(rotate(terminal))
    .addCommand(rotateSigning(terminal))
    .addHelpText('after', '\nExample:\n  $ grantway keys rotate\n  $ grantway keys list\n');
}

function list(terminal: Terminal): Command {
  return operatorCommand('list', 'list the keys that sign ID tokens, as they are published')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway keys list\n')
    .action((options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { listSigningKeys } = await import('@grantway/server');
        const rows = (await listSigningKeys(workspace)).map(({ kid, state, signsFrom }) => ({
          key: kid,
          state,
          signsFrom: timeCell(signsFrom),
        }));
        printRows(terminal, rows, options);
      }),
    );
}

function rotate(terminal: Terminal): Command {
  return operatorCommand('rotate', 'put every stored secret under a fresh key; broken off, run it again')
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
          `Key ${done.active} seals ${counted(done.rewrapped, 'stored secret')} now.${done.retired.length === 0 ? '' : ` Retired: key ${done.retired.join(', ')}.`}`,
        );
      }),
    );
}

function rotateSigning(terminal: Terminal): Command {
  return operatorCommand('rotate-signing', 'announce the next key that signs ID tokens, before its time')
    .option(
      '--compromised',
      'somebody else may hold a key: a new one signs at once, and every ID token that is out is worth nothing',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nGateways that run follow within a second; the key signs after tokens.signingKeyNotice.\n' +
        'Access tokens and live sessions are not touched.\n\n' +
        'Example:\n  $ grantway keys rotate-signing\n  $ grantway keys rotate-signing --compromised\n',
    )
    .action((options: OperatorOptions & { readonly compromised?: true }) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { replaceSigningKeys, rotateSigningKey } = await import('@grantway/server');
        const done = options.compromised
          ? ({ outcome: 'replaced', ...(await replaceSigningKeys(workspace)) } as const)
          : await rotateSigningKey(workspace);
        if (options.json) {
          const { outcome, kid, signsFrom } = done;
          print(terminal, JSON.stringify({ outcome, key: kid, signsFrom: timeCell(signsFrom) }, null, 2));
          return;
        }
        const when = printableTime(done.signsFrom);
        const sentence = {
          announced: `Key ${done.kid} is published now, and signs ID tokens from ${when} on.`,
          announced_before: `Key ${done.kid} was announced already, and signs ID tokens from ${when} on.`,
          replaced: `Key ${done.kid} signs ID tokens from now on. All others are out, with what they signed.`,
        };
        say(terminal, sentence[done.outcome]);
      }),
    );
}
