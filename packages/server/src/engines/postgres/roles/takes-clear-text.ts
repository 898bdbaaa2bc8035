import { once } from 'node:events';
import { connect } from 'node:net';
import type { Database } from '../../../core/index.ts';
import { readExactly } from '../../framing/index.ts';
import { startupMessage } from '../messages.ts';
import { fromServer } from '../protocol.ts';

const patienceMs = 5_000;

/**
 * Whether a server goes on with a client that did not ask for TLS: it then asks for a password, or lets in. Only a name
 * of a user and of the database are sent, and none of them is a secret. A server that cannot be reached takes nothing.
 */
export async function takesClearText(
  { host, port, upstreamName }: Pick<Database, 'host' | 'port' | 'upstreamName'>,
  user: string,
): Promise<boolean> {
  const socket = connect({ host, port, signal: AbortSignal.timeout(patienceMs) });
  socket.on('error', () => socket.destroy());
  try {
    await once(socket, 'connect');
    socket.write(
      startupMessage(0x0003_0000, [
        ['user', user],
        ['database', upstreamName],
      ]),
    );
    const answer = await readExactly(socket, 1);
    return answer !== 'ended' && answer[0] === fromServer.authentication;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
