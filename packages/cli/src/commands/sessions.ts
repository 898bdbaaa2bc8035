import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { type OperatorOptions, operatorCommand, withWorkspace } from '../open-workspace.ts';
import { printRows, timeCell } from '../print-table.ts';
import { say, type Terminal } from '../terminal.ts';

/** `sessions`: live database sessions of every gateway on the store. */
export function sessionsCommand(terminal: Terminal): Command {
  return new Command('sessions')
    .description('list and end live database sessions')
    .addCommand(list(terminal))
    .addCommand(end(terminal))
    .addHelpText('after', '\nExample:\n  $ grantway sessions list\n  $ grantway sessions end 0b1f…\n');
}

function list(terminal: Terminal): Command {
  return operatorCommand('list', 'list live sessions')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ grantway sessions list --json\n')
    .action((options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { listSessions } = await import('@grantway/server');
        const rows = (await listSessions(workspace)).map((session) => ({
          id: session.id,
          person: session.personId,
          client: session.clientId,
          database: session.database,
          role: session.role,
          from: session.remoteAddress,
          since: timeCell(session.startedAt),
        }));
        printRows(terminal, rows, options);
      }),
    );
}

function end(terminal: Terminal): Command {
  return operatorCommand('end', 'end a live session; its token stays good')
    .argument('<id>', 'the session id')
    .addHelpText('after', '\nExample:\n  $ grantway sessions end 0b1f…\n')
    .action((id: string, options: OperatorOptions) =>
      withWorkspace(terminal, options, async (workspace) => {
        const { endSession } = await import('@grantway/server');
        if (!(await endSession(workspace, id)))
          throw new Failure(`There is no live session ${id}. They are listed by: grantway sessions list`);
        say(terminal, 'The session ends within two seconds.');
      }),
    );
}
