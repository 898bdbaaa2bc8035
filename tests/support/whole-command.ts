import type { Command } from '../../packages/server/src/engines/redis/command.ts';
import { inlineCommand } from '../../packages/server/src/engines/redis/inline-command.ts';

/** A line of words as a command that is all here. */
export function commandOf(line: string): Command {
  const command = inlineCommand(Buffer.from(line), 0);
  if (typeof command === 'string') throw new TypeError(`no command: ${line}`);
  return command;
}
