import { oneLine, severalLines } from './print-table.ts';
import { print, say, type Terminal } from './terminal.ts';

/** A statement for a database server, and why; `byHand` is left to an administrator. */
export interface ShownStatement {
  readonly sql: string;
  readonly because: string;
  readonly byHand?: true;
}

/**
 * Prints statements as a script that a client of the server takes, the reasons and what is left to an administrator as
 * comments. Whoever makes a table chooses its name, and no name may end a comment: the rest of it would run with the
 * rights of whoever pipes the script.
 */
export function printStatements(terminal: Terminal, statements: readonly ShownStatement[]): void {
  const ours = statements.filter(({ byHand }) => !byHand);
  if (ours.length === 0) say(terminal, 'Nothing to do: the server is as the config says.');
  for (const { sql, because } of ours) print(terminal, `${reason(because)}\n${shown(terminal, sql)};`);

  const left = statements.filter(({ byHand }) => byHand);
  if (left.length > 0) say(terminal, 'For the administrator to decide; apply leaves this as it is:');
  for (const { sql, because } of left)
    print(terminal, `${reason(because)}\n-- ${shown(terminal, sql).replaceAll(/\r\n?|\n/g, '$&-- ')};`);
}

function reason(because: string): string {
  return `-- ${oneLine(because)}`;
}

/** To the letter for a program. On a terminal the escape sequences of a name are shown and not obeyed. */
function shown({ interactive }: Terminal, sql: string): string {
  return interactive ? severalLines(sql) : sql;
}
