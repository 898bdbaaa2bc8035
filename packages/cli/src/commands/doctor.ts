import type { Command } from 'commander';
import { exitCodes } from '../failure.ts';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { oneLine, severalLines } from '../print-table.ts';
import { print, say, type Terminal } from '../terminal.ts';

/** `doctor`: what is dangerous or weak about the databases, and how to mend it. */
export function doctorCommand(terminal: Terminal): Command {
  return operatorCommand('doctor', 'say what is dangerous or weak about the databases; changes nothing')
    .argument('[database]', 'this one only (default: all in the config)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit code 1 when there is a danger.\n\nExample:\n  $ grantway doctor authdb\n')
    .action((database: string | undefined, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { examineDatabases } = await import('@grantway/server');
        const findings = await examineDatabases(workspace, database);
        if (options.json) print(terminal, JSON.stringify(findings, null, 2));
        else if (findings.length === 0) say(terminal, 'Nothing found.');
        else {
          for (const { database: name, severity, code, meaning, mend } of findings)
            print(
              terminal,
              `${name}: ${severity} ${code}\n  ${oneLine(meaning)}\n  mend: ${severalLines(mend)}`,
            );
        }
        if (findings.some(({ severity }) => severity === 'danger')) terminal.exitWith(exitCodes.failed);
      }),
    );
}
