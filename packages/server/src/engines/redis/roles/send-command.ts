import { Refusal } from '../../../core/index.ts';
import type { ManagerConnection } from './connection.ts';
import { plannedStatement, type Step } from './step.ts';

/**
 * Sends one command as the manager account.
 * @throws Refusal `command_failed` with the server's words and the command, also when the connection broke
 */
export async function sendCommand(
  { client, node }: ManagerConnection,
  [command, ...words]: Step['words'],
): Promise<unknown> {
  try {
    return await client.call(command, ...words);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const shown = plannedStatement({ words: [command, ...words.map(hidden)], because: '' }).sql;
    throw new Refusal(
      'command_failed',
      { message: `${reason} (${shown} on ${node.host}:${node.port})` },
      cause,
    );
  }
}

/** The hash of a password is no secret that could be used, and still nobody's business. */
function hidden(word: string): string {
  return word.startsWith('#') ? '#…' : word;
}
