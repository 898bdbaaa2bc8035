import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TokenRequest } from './database-token.ts';

/** Options of every command that may ask the person. */
export interface TokenOptions {
  readonly role?: string;
  readonly issuer?: string;
  readonly device?: true;
  readonly browser: boolean;
}

/** Adds `--issuer`, `--device` and `--no-browser`. */
export function signInOptions(command: Command): Command {
  return command
    .option('--issuer <url>', 'the gateway (default: GRANTWAY_CLI_ISSUER, else your latest sign-in)')
    .option('--device', 'sign in on another device, with a code')
    .addOption(new Option('--no-browser', 'print the address instead of opening it').conflicts('device'));
}

/** Adds `--role` to them. */
export function tokenOptions(command: Command): Command {
  return signInOptions(
    command.option('--role <name>', 'the role to act as (default: your default role)', configuredName),
  );
}

/** The name of a database or role on the command line. What can be none is told here, before a browser opens for it. */
export function configuredName(value: string): string {
  if (/^[a-z][a-z0-9_-]{0,62}$/.test(value)) return value;
  throw new InvalidArgumentError('A name is a small letter, then small letters, digits, - and _.');
}

/** How to reach the person; undefined: as they signed in before. */
export function methodOf(options: Pick<TokenOptions, 'device' | 'browser'>): TokenRequest['method'] {
  if (options.device) return 'device';
  return options.browser ? undefined : 'printed-url';
}

/** What the options ask for on a database. */
export function tokenRequest(database: string, options: TokenOptions): TokenRequest {
  const method = methodOf(options);
  return {
    database,
    ...(options.role === undefined ? {} : { role: options.role }),
    ...(options.issuer === undefined ? {} : { issuer: options.issuer }),
    ...(method === undefined ? {} : { method }),
  };
}
