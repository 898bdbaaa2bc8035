import type { Wire } from '../framing/index.ts';
import { cStrings, message } from './messages.ts';
import { readParameterStatus } from './parameter-status.ts';
import { fromClient, fromServer, idleStatus } from './protocol.ts';
import { readMessage } from './read-message.ts';

const discardAllQuery = message(fromClient.query, cStrings('DISCARD ALL'));
const discardAllTag = cStrings('DISCARD ALL');

/**
 * Puts an idle session back to its state after login: settings, prepared statements, temporary tables, cursors,
 * advisory locks, LISTEN. `clean` only when the server said so in exactly the messages that it must say; anything
 * else, also a notification that came in between, is `dirty`. Not undone by any server: what an extension keeps in
 * the process (a dblink connection, a PL's globals, setseed), which is why a pool keeps persons apart.
 *
 * @throws ServerBrokeProtocol
 */
export async function discardAll(wire: Wire, parameters: Map<string, string>): Promise<'clean' | 'dirty'> {
  wire.write(discardAllQuery);
  let confirmed = false;
  for (;;) {
    const answer = await readMessage(wire);
    if (answer === 'ended') return 'dirty';
    switch (answer.type) {
      case fromServer.noticeResponse:
        break;
      case fromServer.parameterStatus:
        readParameterStatus(answer.body, parameters);
        break;
      case fromServer.commandComplete:
        if (confirmed || !answer.body.equals(discardAllTag)) return 'dirty';
        confirmed = true;
        break;
      case fromServer.readyForQuery:
        return confirmed && answer.body[0] === idleStatus && !wire.hasUnread ? 'clean' : 'dirty';
      default:
        return 'dirty';
    }
  }
}
