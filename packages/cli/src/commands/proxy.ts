import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { databaseToken } from '../database-token.ts';
import { Failure } from '../failure.ts';
import { openLocalPort } from '../proxy/index.ts';
import { print, say, type Terminal } from '../terminal.ts';
import { configuredName, type TokenOptions, tokenOptions, tokenRequest } from '../token-options.ts';

interface ProxyOptions extends TokenOptions {
  readonly port: number;
  readonly ca?: string;
}

/** `proxy`: a local port for programs that want a password which stays the same. */
export function proxyCommand(terminal: Terminal): Command {
  return tokenOptions(new Command('proxy'))
    .description('open a port on this machine that needs no password, for programs with windows')
    .argument('<database>', 'the name of the database at the gateway', configuredName)
    .addOption(
      new Option('--port <number>', 'the port on 127.0.0.1').argParser(portNumber).default(0, 'a free one'),
    )
    .option('--ca <file>', 'check the gateway’s certificate against the authorities in this PEM file')
    .addHelpText(
      'after',
      '\nExample:\n  $ grantway proxy authdb --port 5433\n  Then connect DBeaver to 127.0.0.1:5433, any user name, no password, no SSL.\n',
    )
    .action(async (database: string, options: ProxyOptions) => {
      const request = tokenRequest(database, options);
      const ca = options.ca === undefined ? undefined : await readAuthorities(options.ca);
      const { connection } = await databaseToken(terminal, request);
      // Programs open several connections at once; one of them gets the token for all.
      let asking: ReturnType<typeof databaseToken> | undefined;
      const token = () => {
        asking ??= databaseToken(terminal, { ...request, unasked: true }).finally(() => {
          asking = undefined;
        });
        return asking;
      };
      const target = async () => ({ ...(await token()), ...(ca !== undefined && { ca }) });
      const local = await openLocalPort(connection.engine, options.port, target, (sentence) =>
        say(terminal, sentence),
      );
      say(terminal, `${connection.database} as ${connection.role}, without a password, until Ctrl-C:`);
      print(terminal, local.address(connection.database));
      if (process.platform !== 'linux')
        say(
          terminal,
          'This system does not tell whose a connection is: every user of the machine can use it.',
        );
      await interrupted();
      await local.close();
    });
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new Failure(`The file ${file} of --ca cannot be read: ${why}.`, { cause });
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

function portNumber(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) < 1 || Number(value) > 65_535)
    throw new InvalidArgumentError('It is a port from 1 to 65535.');
  return Number(value);
}
