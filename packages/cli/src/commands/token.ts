import { signedForm } from '@grantway/client';
import { Command } from 'commander';
import { databaseToken } from '../database-token.ts';
import { print, type Terminal } from '../terminal.ts';
import { configuredName, type TokenOptions, tokenOptions, tokenRequest } from '../token-options.ts';

/** `token`: nothing but the token on standard output, for `PGPASSWORD=$(…)`. */
export function tokenCommand(terminal: Terminal): Command {
  return tokenOptions(new Command('token'))
    .description('print an access token for a database: the password for any client')
    .argument('<database>', 'the name of the database at the gateway', configuredName)
    .option('--jwt', 'print it in its signed form, for the identity token plugin of MySQL 9')
    .option('--json', 'print the token with where to connect and until when')
    .addHelpText(
      'after',
      '\nExample:\n  $ grantway token authdb\n  $ PGPASSWORD=$(grantway token authdb) psql -h access.example.com -p 15432 authdb\n',
    )
    .action(
      async (database: string, options: TokenOptions & { readonly json?: true; readonly jwt?: true }) => {
        const { gateway, accessToken, expiresAt, connection } = await databaseToken(
          terminal,
          tokenRequest(database, options),
        );
        const token = options.jwt ? await signedForm(gateway, accessToken) : accessToken;
        const described = { token, ...connection, expiresAt: new Date(expiresAt) };
        print(terminal, options.json ? JSON.stringify(described, null, 2) : token);
      },
    );
}
