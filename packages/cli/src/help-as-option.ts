import type { Command } from 'commander';

/**
 * A command line with `help roles plan` written as `roles plan --help`, and every other as it is. Behind a command that
 * does not exist nothing is kept, in either spelling, so that Commander says so: by itself it would show the help of the
 * command before it, as if that had been asked for.
 */
export function helpAsOption(root: Command, argv: readonly string[]): readonly string[] {
  const names: string[] = [];
  let command = root;
  let asksForHelp = false;
  for (const word of argv) {
    if (command.commands.length === 0 || word.startsWith('-')) break;
    if (word === 'help') {
      asksForHelp = true;
      continue;
    }
    names.push(word);
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) return names;
    command = next;
  }
  return asksForHelp ? [...names, '--help'] : argv;
}
