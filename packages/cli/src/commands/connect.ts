import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type Connection, isLoopbackHost } from '@grantway/client';
import { Command } from 'commander';
import { databaseToken } from '../database-token.ts';
import { Failure } from '../failure.ts';
import { say, type Terminal } from '../terminal.ts';
import { type TokenOptions, tokenOptions, tokenRequest } from '../token-options.ts';

/** `connect`: the database's own client, signed in. */
export function connectCommand(terminal: Terminal): Command {
  return tokenOptions(new Command('connect'))
    .description('start psql on a database, signed in')
    .argument('<database>', 'the name of the database at the gateway')
    .argument('[args...]', 'arguments for psql, after --')
    .addHelpText(
      'after',
      "\nExample:\n  $ grantway connect authdb\n  $ grantway connect authdb --role readonly -- -c 'select 1'\n",
    )
    .action(async (database: string, args: readonly string[], options: TokenOptions) => {
      const { accessToken, connection } = await databaseToken(terminal, tokenRequest(database, options));
      const program = programFor(connection);
      say(terminal, `Connecting to ${connection.database} as ${connection.role}.`);
      terminal.exitWith(await runProgram(terminal, program.command, args, program.environment(accessToken)));
    });
}

interface Program {
  readonly command: string;
  /** Where to connect and the token: in the environment, because every user of the machine can read arguments. */
  readonly environment: (accessToken: string) => Readonly<Record<string, string>>;
}

function programFor(connection: Connection): Program {
  if (connection.engine !== 'postgres') {
    throw new Failure(
      `This version starts no client for ${connection.engine}. Use grantway token and your own client.`,
    );
  }
  return {
    command: 'psql',
    environment: (accessToken) => ({
      PGHOST: connection.host,
      PGPORT: String(connection.port),
      PGUSER: connection.username,
      PGDATABASE: connection.database,
      PGPASSWORD: accessToken,
      // The token must not leave the machine in clear, whatever psql would fall back to.
      ...(isLoopbackHost(connection.host) ? {} : { PGSSLMODE: process.env.PGSSLMODE ?? 'require' }),
    }),
  };
}

/** Runs the program on this terminal and gives its exit code; 128 + the signal when one ended it, as shells do. */
function runProgram(
  terminal: Terminal,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...terminal.env, ...environment } });
    // Ctrl-C reaches the child from the terminal itself (there it cancels a statement), and must not end us first.
    const ignore = () => {};
    const forward = (signal: NodeJS.Signals) => child.kill(signal);
    process.on('SIGINT', ignore);
    process.on('SIGQUIT', ignore);
    process.on('SIGTERM', forward);
    process.on('SIGHUP', forward);
    const restore = () => {
      process.off('SIGINT', ignore);
      process.off('SIGQUIT', ignore);
      process.off('SIGTERM', forward);
      process.off('SIGHUP', forward);
    };
    child.once('error', (cause: NodeJS.ErrnoException) => {
      restore();
      const missing = `${command} is not installed. On Debian: apt-get install postgresql-client`;
      reject(cause.code === 'ENOENT' ? new Failure(missing) : cause);
    });
    child.once('exit', (code, signal) => {
      restore();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
