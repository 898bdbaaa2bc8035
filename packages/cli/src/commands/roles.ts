import { Command } from 'commander';
import { exitCodes } from '../failure.ts';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { printStatements } from '../print-statements.ts';
import { printRows } from '../print-table.ts';
import { print, say, type Terminal } from '../terminal.ts';

const lockDefault = [
  '--lock-default',
  'on Redis and Valkey: let nobody in any more as the user `default`, which is everybody who names none',
] as const;

interface RolesOptions extends OperatorOptions {
  readonly lockDefault?: boolean;
}

/** `roles`: the logins of managed roles on a database. */
export function rolesCommand(terminal: Terminal): Command {
  return new Command('roles')
    .description('plan, make and rotate the logins of managed roles')
    .addCommand(plan(terminal))
    .addCommand(apply(terminal))
    .addCommand(rotate(terminal))
    .addHelpText('after', '\nExample:\n  $ grantway roles plan authdb\n  $ grantway roles apply authdb\n');
}

function plan(terminal: Terminal): Command {
  return operatorCommand('plan', 'print the exact SQL that apply would run, and change nothing')
    .argument('<database>', 'the name of the database in the config')
    .option(...lockDefault)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway roles plan authdb\n')
    .action((database: string, options: RolesOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { planRoles } = await import('@grantway/server');
        const statements = await planRoles(workspace, database, options);
        if (options.json) print(terminal, JSON.stringify(statements, null, 2));
        else printStatements(terminal, statements);
      }),
    );
}

function apply(terminal: Terminal): Command {
  return operatorCommand(
    'apply',
    'bring the logins on the server to the config; running it again changes nothing',
  )
    .argument('<database>', 'the name of the database in the config')
    .option(...lockDefault)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway roles apply authdb\n')
    .action((database: string, options: RolesOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { applyRoles } = await import('@grantway/server');
        say(terminal, `Comparing ${database} with the config …`);
        const { statements, secrets } = await applyRoles(workspace, database, options);
        if (options.json) print(terminal, JSON.stringify({ statements, secrets }, null, 2));
        else printStatements(terminal, statements);
        reportSecrets(terminal, secrets);
      }),
    );
}

function rotate(terminal: Terminal): Command {
  return operatorCommand('rotate', 'give the logins of managed roles new secrets; live sessions go on')
    .argument('<database>', 'the name of the database in the config')
    .option('--role <name>', 'of this role only')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway roles rotate authdb --role readonly\n')
    .action((database: string, options: OperatorOptions & { readonly role?: string }) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { rotateRoles } = await import('@grantway/server');
        const rotated = await rotateRoles(workspace, database, options.role);
        if (options.json)
          printRows(
            terminal,
            rotated.map((row) => ({ ...row })),
            options,
          );
        reportSecrets(terminal, rotated);
      }),
    );
}

const secretOutcomes = {
  rotated: 'has a new secret',
  busy: 'is being rotated by another process; nothing was changed',
  not_accepted: 'got a new secret, but the server refuses the login: is it disabled, or barred by address?',
} as const;

function reportSecrets(
  terminal: Terminal,
  secrets: readonly { readonly role: string; readonly outcome: keyof typeof secretOutcomes }[],
): void {
  for (const { role, outcome } of secrets) say(terminal, `The role ${role} ${secretOutcomes[outcome]}.`);
  if (secrets.some(({ outcome }) => outcome !== 'rotated')) terminal.exitWith(exitCodes.failed);
}
