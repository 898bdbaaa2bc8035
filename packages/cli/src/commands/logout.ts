import { discover } from '@grantway/client';
import { Command } from 'commander';
import { credentialsFile } from '../credentials/index.ts';
import { clientId } from '../database-token.ts';
import { endLogin } from '../end-login.ts';
import { exitCodes, Failure } from '../failure.ts';
import { knownIssuer } from '../issuer.ts';
import { say, type Terminal } from '../terminal.ts';

/** `logout`: ends what this machine holds, at the gateway first. */
export function logoutCommand(terminal: Terminal): Command {
  return new Command('logout')
    .description('end the sign-in of this machine: its tokens, and the database sessions that they opened')
    .option('--issuer <url>', 'the gateway (default: GRANTWAY_CLI_ISSUER, else your latest sign-in)')
    .addHelpText('after', '\nExample:\n  $ grantway logout\n')
    .action(async (options: { readonly issuer?: string }) => {
      const file = credentialsFile(terminal);
      let ended: 'ended' | 'unreachable' | 'none' = 'none';
      await file.update(async (credentials) => {
        const issuer = knownIssuer(terminal, options.issuer, credentials);
        if (issuer === undefined) return credentials;
        const origin = URL.parse(issuer)?.origin;
        if (origin === undefined)
          throw new Failure(`"${issuer}" is not an address. Write it as https://host.`);
        const login = credentials.logins.get(issuer) ?? credentials.logins.get(origin);
        if (login === undefined) return credentials;
        ended = await endLogin(() => discover(issuer, clientId), login);
        const logins = new Map(credentials.logins);
        logins.delete(issuer);
        logins.delete(origin);
        const [next] = logins.keys();
        return { current: next, logins };
      });
      if (ended === 'none') {
        say(terminal, 'You are not signed in.');
        return;
      }
      if (ended === 'ended') return say(terminal, 'Signed out.');
      say(
        terminal,
        'The tokens of this machine are removed, but the gateway did not answer: they work until they expire.',
      );
      terminal.exitWith(exitCodes.failed);
    });
}
