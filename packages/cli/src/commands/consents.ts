import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { printRows, timeCell } from '../print-table.ts';
import { say, type Terminal } from '../terminal.ts';

/** `consents`: who let which application act as what. */
export function consentsCommand(terminal: Terminal): Command {
  return new Command('consents')
    .description('list and end consents')
    .addCommand(list(terminal))
    .addCommand(end(terminal))
    .addHelpText('after', '\nExample:\n  $ grantway consents list --user ada@example.com\n');
}

function list(terminal: Terminal): Command {
  return operatorCommand('list', 'list consents, newest first')
    .option('--user <user>', 'of this person only')
    .option('--client <id>', 'for this application only')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway consents list --client acme-bi\n')
    .action((options: OperatorOptions & { readonly user?: string; readonly client?: string }) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { listConsents, personIdOf } = await import('@grantway/server');
        const consents = await listConsents(workspace, {
          ...(options.user === undefined ? {} : { personId: personIdOf(options.user) }),
          ...(options.client === undefined ? {} : { clientId: options.client }),
        });
        const rows = consents.map((consent) => ({
          id: consent.id,
          person: consent.personId,
          client: consent.clientId,
          scopes: consent.scopes,
          since: timeCell(consent.createdAt),
          until: timeCell(consent.expiresAt),
        }));
        printRows(terminal, rows, options);
      }),
    );
}

function end(terminal: Terminal): Command {
  return operatorCommand('end', 'end a consent: its tokens die, its live sessions end')
    .argument('<id>', 'the consent id')
    .addHelpText('after', '\nExample:\n  $ grantway consents end 0b1f…\n')
    .action((id: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { endConsent } = await import('@grantway/server');
        if (!(await endConsent(workspace, id)))
          throw new Failure(`There is no consent ${id}. They are listed by: grantway consents list`);
        say(terminal, 'The consent is ended; its live sessions end within two seconds.');
      }),
    );
}
