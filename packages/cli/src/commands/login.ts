import { discover } from '@grantway/client';
import { Command } from 'commander';
import { credentialsFile } from '../credentials/index.ts';
import { clientId } from '../database-token.ts';
import { chooseIssuer } from '../issuer.ts';
import { keepLogin } from '../keep-login.ts';
import { authorize } from '../sign-in/index.ts';
import { say, type Terminal } from '../terminal.ts';
import { methodOf, signInOptions, type TokenOptions } from '../token-options.ts';

/**
 * `login`: who the person is, and nothing more. Each database asks for its own consent when it is used first, which
 * in a signed-in browser is one click; so a token never covers more than what somebody set out to do.
 */
export function loginCommand(terminal: Terminal): Command {
  return signInOptions(new Command('login'))
    .description('sign in at a gateway; databases ask for your consent when you first use them')
    .argument('[issuer]', 'the address of the gateway')
    .addHelpText(
      'after',
      '\nYour tokens are kept in ~/.config/grantway, sealed with a key in the key ring of your system where there is one.' +
        '\nGRANTWAY_CLI_KEY_RING=off does without it.\n' +
        '\nExample:\n  $ grantway login https://access.example.com\n  $ grantway login --device\n',
    )
    .action(async (issuer: string | undefined, options: TokenOptions, command: Command) => {
      if (issuer !== undefined && options.issuer !== undefined)
        command.error('error: the gateway is named once: as the argument, or with --issuer');
      const saved = await credentialsFile(terminal).read();
      const gateway = await discover(chooseIssuer(terminal, issuer ?? options.issuer, saved), clientId);
      const method = methodOf(options) ?? 'browser';
      const tokens = await authorize(terminal, gateway, {}, method);
      await keepLogin(terminal, gateway, { tokens, method }, (before) => ({
        ...before,
        method: method === 'device' ? 'device' : 'browser',
        refreshToken: tokens.refreshToken,
      }));
      say(terminal, `Signed in at ${gateway.issuer} as ${tokens.person?.name ?? 'somebody without a name'}.`);
      say(terminal, 'Next: grantway connect DATABASE');
    });
}
