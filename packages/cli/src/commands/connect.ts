import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type DatabaseProgram, databasePrograms, type Environment } from '../database-programs.ts';
import { databaseToken } from '../database-token.ts';
import { Failure } from '../failure.ts';
import { say, type Terminal } from '../terminal.ts';
import { configuredName, type TokenOptions, tokenOptions, tokenRequest } from '../token-options.ts';

interface ConnectOptions extends TokenOptions {
  readonly ca?: string;
}

/** `connect`: the database's own client, signed in. */
export function connectCommand(terminal: Terminal): Command {
  return tokenOptions(new Command('connect'))
    .description('start psql, mariadb, mysql or redis-cli on a database, signed in')
    .argument('<database>', 'the name of the database at the gateway', configuredName)
    .argument('[args...]', 'arguments for that program, after --')
    .option('--ca <file>', 'check the gateway’s certificate against the authorities in this PEM file')
    .addHelpText(
      'after',
      "\nExample:\n  $ grantway connect authdb\n  $ grantway connect authdb --role readonly -- -c 'select 1'\n  $ grantway connect cache -- GET greeting\n",
    )
    .action(async (database: string, args: readonly string[], options: ConnectOptions) => {
      const { accessToken, connection } = await databaseToken(terminal, tokenRequest(database, options));
      const programs = databasePrograms.get(connection.engine);
      if (programs === undefined) {
        throw new Failure(
          `This version starts no client for ${connection.engine}. Use grantway token and your own client.`,
        );
      }
      say(terminal, `Connecting to ${connection.database} as ${connection.role}.`);
      const target = { connection, ...(options.ca === undefined ? {} : { ca: resolve(options.ca) }) };
      for (const program of programs) {
        const end = await runProgram(
          program,
          [...program.args(target), ...args],
          program.environment(terminal.env, target, accessToken),
        );
        if (end !== 'missing') return terminal.exitWith(end);
      }
      const missing = programs.map(({ command, install }) => `${command} is not installed. ${install}`);
      throw new Failure(missing.join('\n'));
    });
}

/** Runs the program on this terminal and gives its exit code; 128 + the signal when one ended it, as shells do. */
function runProgram(
  { command }: DatabaseProgram,
  args: readonly string[],
  environment: Environment,
): Promise<number | 'missing'> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: environment });
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
      if (cause.code === 'ENOENT') resolve('missing');
      else reject(cause);
    });
    child.once('exit', (code, signal) => {
      restore();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
