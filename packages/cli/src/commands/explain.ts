import type { Command } from 'commander';
import { clientId } from '../database-token.ts';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { printRows } from '../print-table.ts';
import type { Terminal } from '../terminal.ts';

/** `explain`: which rule gives which role, and why. */
export function explainCommand(terminal: Terminal): Command {
  return operatorCommand('explain', 'say which roles somebody has on a database, and which rule gives them')
    .argument('<database>', 'the name of the database in the config')
    .requiredOption('--user <user>', 'their user name, or METHOD:SUBJECT; must be given')
    .option('--client <id>', 'as if they came through this application', clientId)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway explain authdb --user ada@example.com\n')
    .action(
      (database: string, options: OperatorOptions & { readonly user: string; readonly client: string }) =>
        withWorkspace(terminal, options, async (workspace) => {
          const { explainAccess } = await import('@grantway/server');
          const roles = await explainAccess(workspace, database, options.user, options.client);
          const rows = roles.map((role) => ({
            role: role.role,
            granted: role.matched,
            byDefault: role.isDefault,
            isFor: role.rule,
            because: role.why,
          }));
          printRows(terminal, rows, options);
        }),
    );
}
