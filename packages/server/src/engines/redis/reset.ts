import type { Wire } from '../framing/index.ts';
import { ask } from './ask.ts';
import type { LoginCommands } from './login-commands.ts';
import { commandBytes } from './messages.ts';
import { parseError } from './reply.ts';

/**
 * Puts an idle session back to its state after login. RESET ends transactions, watches, tracking, subscriptions and
 * the choice of a database, and makes the user `default`: so the login follows at once, and the session is `clean` only
 * when the server confirmed all of it (command page RESET; servers before 6.2 do not know it). What the client library
 * said of itself (`CLIENT SETINFO`) stays.
 *
 * @throws ServerBrokeProtocol
 */
export async function resetSession(wire: Wire, login: LoginCommands): Promise<'clean' | 'dirty'> {
  const replies = await ask(wire, Buffer.concat([commandBytes('RESET'), login.bytes]), 1 + login.replies);
  if (replies === 'ended' || wire.hasUnread) return 'dirty';
  const [reset] = replies;
  const refused = replies.some((reply) => parseError(reply) !== undefined);
  return !refused && reset?.toString('latin1') === '+RESET\r\n' ? 'clean' : 'dirty';
}
