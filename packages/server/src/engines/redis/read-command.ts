import type { Duplex, Readable } from 'node:stream';
import { Refusal } from '../../core/index.ts';
import { argumentList } from './command.ts';
import { CommandScanner } from './command-scanner.ts';
import { signInLimits } from './protocol.ts';

/** Up to the end of a command, which may be `signInLimits.heldBytes` long: empty ones before it have no answer. */
const mostBytes = 131_072;

/**
 * Reads the next command of a client that has not signed in, from a socket that is not flowing; what came behind it is
 * put back. @throws Refusal `protocol_violation`, `login_too_large`
 */
export async function readCommand(socket: Duplex): Promise<readonly Buffer[] | 'ended'> {
  let args: readonly Buffer[] | undefined;
  let refusal: Refusal | undefined;
  const scanner = new CommandScanner(
    {
      command(command) {
        if (command.complete) args = argumentList(command);
        else refusal = new Refusal('login_too_large');
        return 'stop';
      },
      answered: () => 'stop',
      malformed(what) {
        refusal = new Refusal('protocol_violation', { what: `${what} (this client has not signed in)` });
      },
    },
    signInLimits,
  );
  let read = 0;
  while (!scanner.stopped) {
    const bytes = await readSome(socket);
    if (bytes === 'ended') return 'ended';
    scanner.push(bytes);
    read += bytes.length;
    if (read > mostBytes && !scanner.stopped) {
      throw new Refusal('protocol_violation', { what: 'nothing but empty commands before a sign-in' });
    }
  }
  if (refusal !== undefined) throw refusal;
  const rest = scanner.takeRest();
  if (rest.length > 0) socket.unshift(rest);
  return args ?? [];
}

const events = ['readable', 'end', 'error', 'close'] as const;

/** Takes whatever is there, and waits when there is nothing. */
function readSome(stream: Readable): Promise<Buffer | 'ended'> {
  return new Promise((resolve) => {
    const attempt = () => {
      const bytes: Buffer | null = stream.read();
      if (bytes === null && !stream.readableEnded && !stream.destroyed) return;
      for (const event of events) stream.off(event, attempt);
      resolve(bytes ?? 'ended');
    };
    for (const event of events) stream.on(event, attempt);
    attempt();
  });
}
