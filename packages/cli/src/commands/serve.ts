import type { Command } from 'commander';
import { type OperatorOptions, operatorCommand, readConfig } from '../open-workspace.ts';
import { describeDoors, describeOwnCertificate, startFailure, untilStopped } from '../run-gateway.ts';
import { say, type Terminal } from '../terminal.ts';

/** `serve`: the gateway of a config file. */
export function serveCommand(terminal: Terminal): Command {
  return operatorCommand('serve', 'run the gateway until a signal stops it')
    .addHelpText('after', '\nExample:\n  $ grantway serve --config /etc/grantway/grantway.yaml\n')
    .action(async (options: OperatorOptions) => {
      const config = await readConfig(terminal, options);
      const { commandLog, startGateway } = await import('@grantway/server');
      const gateway = await startGateway(config, { env: terminal.env, logger: commandLog('info') }).catch(
        (thrown: unknown) => {
          throw startFailure(thrown);
        },
      );
      const lines = [
        `Grantway runs at ${config.issuer}`,
        ...describeDoors(gateway),
        ...describeOwnCertificate(gateway),
      ];
      say(terminal, lines.join('\n'));
      await untilStopped(terminal, gateway);
    });
}
