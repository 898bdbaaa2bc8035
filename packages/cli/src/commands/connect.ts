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
      const program = programs.get(connection.engine);
      if (program === undefined) {
        throw new Failure(
          `This version starts no client for ${connection.engine}. Use grantway token and your own client.`,
        );
      }
      say(terminal, `Connecting to ${connection.database} as ${connection.role}.`);
      terminal.exitWith(
        await runProgram(program, args, program.environment(terminal.env, connection, accessToken)),
      );
    });
}

/** The command line client of one engine. */
interface Program {
  readonly command: string;
  /** What to do when it is missing. */
  readonly install: string;
  /**
   * The person's environment with where to connect and the token: not in arguments, which every user of the machine
   * can read.
   */
  readonly environment: (own: Environment, connection: Connection, accessToken: string) => Environment;
}

type Environment = Readonly<Record<string, string | undefined>>;

const psql: Program = {
  command: 'psql',
  install: 'On Debian: apt-get install postgresql-client',
  environment: (own, { host, port, username, database }, accessToken) => ({
    ...own,
    // Both would send the token to another server than the one that it is for.
    PGSERVICE: undefined,
    PGHOSTADDR: undefined,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: username,
    PGDATABASE: database,
    PGPASSWORD: accessToken,
    // The token must not leave the machine in clear, whatever psql would fall back to.
    PGSSLMODE: sslMode(own.PGSSLMODE, host),
  }),
};

/** By engine. */
const programs = new Map<string, Program>([
  ['postgres', psql],
  ['redshift', psql],
]);

/** The person's own wish when it is at least encryption; on this machine whatever they want. */
function sslMode(own: string | undefined, host: string): string | undefined {
  if (isLoopbackHost(host) || ['require', 'verify-ca', 'verify-full'].includes(own ?? '')) return own;
  return 'require';
}

/** Runs the program on this terminal and gives its exit code; 128 + the signal when one ended it, as shells do. */
function runProgram(
  { command, install }: Program,
  args: readonly string[],
  environment: Environment,
): Promise<number> {
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
      reject(cause.code === 'ENOENT' ? new Failure(`${command} is not installed. ${install}`) : cause);
    });
    child.once('exit', (code, signal) => {
      restore();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
