import type { Gateway } from '@grantway/server';
import { Failure } from './failure.ts';
import { say, type Terminal } from './terminal.ts';

/** How long live sessions may go on after the first signal, in milliseconds. */
const drainMs = 30_000;

/**
 * Keeps a gateway running until a signal ends it. SIGTERM and SIGINT let sessions finish, a second one ends them at
 * once; SIGHUP reads the config file again.
 */
export function untilStopped(terminal: Terminal, gateway: Gateway): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const stop = () => {
      // The second signal: whoever sends it does not want to wait any longer.
      if (stopping) process.exit(1);
      stopping = true;
      say(terminal, 'Stopping; sessions may finish. Once more to end them now.');
      gateway.close(drainMs).then(resolve, reject).finally(forget);
    };
    const reload = () => {
      gateway.reload('SIGHUP').then(
        (result) =>
          say(
            terminal,
            result.outcome === 'reloaded'
              ? 'The config is read again.'
              : `The old config stays.\n${result.problems.trimEnd()}`,
          ),
        (thrown) => say(terminal, `The old config stays: ${String(thrown)}`),
      );
    };
    const forget = () => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      process.off('SIGHUP', reload);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('SIGHUP', reload);
  });
}

/** Why a door's address could not be had, in a sentence; whatever else stopped the start, as it was thrown. */
export function startFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Error && 'code' in thrown && 'address' in thrown && 'port' in thrown))
    return thrown;
  const place = `${thrown.address}:${thrown.port}`;
  const why = new Map<unknown, string>([
    ['EADDRINUSE', `Another program listens at ${place}. Stop it, or change the address in listen.`],
    ['EADDRNOTAVAIL', `This machine has no address for ${place}. Change it in listen.`],
    ['EACCES', `This account may not listen at ${place}. Take a port from 1024 on in listen.`],
  ]).get(thrown.code);
  return why === undefined ? thrown : new Failure(why, { cause: thrown });
}

/** One line for each open door. */
export function describeDoors(gateway: Gateway): readonly string[] {
  return Object.entries(gateway.doors).map(([name, { host, port }]) => `  ${name.padEnd(9)} ${host}:${port}`);
}

/** For people to compare when a client shows it: a certificate that nobody vouches for. Empty when the config names one. */
export function describeOwnCertificate({
  tls: { selfMade, certificateFile, fingerprint },
}: Gateway): readonly string[] {
  if (!selfMade) return [];
  return [`  The certificate is our own: ${certificateFile}`, `  SHA-256 ${fingerprint}`];
}
