import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { untilStopped } from '../run-gateway.ts';
import { print, say, type Terminal } from '../terminal.ts';

/** `demo`: a gateway with a database, people and roles of its own, on this machine only. */
export function demoCommand(terminal: Terminal): Command {
  return new Command('demo')
    .description('run a gateway with an embedded PostgreSQL, sample data and sample users')
    .option('--data-dir <folder>', 'where it keeps everything; remove it to start anew', './.grantway')
    .addHelpText('after', '\nExample:\n  $ grantway demo\n')
    .action(async ({ dataDir }: { readonly dataDir: string }) => {
      const { commandLog, formatProblems, loadConfig, prepareDemo, startGateway } = await import(
        '@grantway/server'
      );
      const demo = await prepareDemo({ dataDir, onProgress: (sentence) => say(terminal, `${sentence} …`) });
      try {
        // Variables for a gateway of their own must not bend the demo's.
        const loaded = await loadConfig(demo.configFile, { env: {} });
        if (loaded.outcome === 'invalid') throw new Failure(formatProblems(loaded.problems, demo.configFile));
        const gateway = await startGateway(loaded.config, { env: {}, logger: commandLog('warn') });
        print(terminal, welcome(loaded.config.issuer, gateway.doors.postgres?.port, demo.users));
        await untilStopped(terminal, gateway);
      } finally {
        await demo.stop();
      }
    });
}

function welcome(
  issuer: string,
  port: number | undefined,
  users: readonly { readonly username: string; readonly password: string; readonly group: string }[],
): string {
  const width = Math.max(...users.map(({ username }) => username.length));
  const people = users.map(({ username, password }) => `    ${username.padEnd(width)}  ${password}`);
  return `
Grantway runs at ${issuer}

  Sign in with one of these names and passwords:
${people.join('\n')}

  In another terminal:
    npx grantway login ${issuer}
    npx grantway connect authdb
    npx grantway query authdb 'select * from users'

  With any PostgreSQL client, the token is the password:
    PGPASSWORD=$(npx grantway token authdb) psql -h 127.0.0.1 -p ${port ?? '…'} -U token authdb

  An application with a Connect button:
    CONNECT_ISSUER=${issuer} npm run connect-button

  Ctrl-C stops it.
`;
}
