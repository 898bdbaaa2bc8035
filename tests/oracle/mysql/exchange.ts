import type { Answer } from '../../differential/mysql/answer-reader.ts';
import type { Command } from '../../differential/mysql/commands.ts';
import type { Checked } from '../talking-session.ts';
import { Violation } from '../violation.ts';

/** A command, and what its answer must be. */
export interface Exchange extends Checked<Answer> {
  readonly command: Command;
}

/** What an answer must be; what is left out must not be there. */
export interface Expected {
  /** As the answer's lines show them. */
  readonly rows?: readonly string[];
  /** Number, state and text of each error. */
  readonly errors?: readonly RegExp[];
  /** How many results there are, those without columns included; one, or none beside an error, unless said. */
  readonly results?: number;
}

/** An exchange with a known answer. */
export function exchange(command: Command, expected: Expected = {}): Exchange {
  return { command, check: (answer) => expectAnswer(command, answer, expected) };
}

/** @throws Violation */
export function expectAnswer(
  { answer: form }: Pick<Command, 'answer'>,
  { lines }: Answer,
  expected: Expected,
): void {
  const { rows = [], errors = [], results = 1 - errors.length } = expected;
  if (form === 'none') return;
  const found = linesOf(lines);
  const same =
    lines[0] === 'from sequence 1' &&
    !lines.some((line) => line.startsWith('out of order')) &&
    found.rows.length === rows.length &&
    found.rows.every((row, index) => row === rows[index]) &&
    found.errors.length === errors.length &&
    found.errors.every((error, index) => errors[index]?.test(error) === true) &&
    (form === 'prepared' || form === 'text' || found.ends === results);
  if (!same) {
    const wanted = JSON.stringify({ rows, errors: errors.map(String), results });
    throw new Violation(`got ${lines.join('\n').slice(0, 2_000)}\nnot ${wanted.slice(0, 1_000)}`);
  }
}

/** The rows and errors of an answer, and how many of its results ended well. */
export function linesOf(lines: readonly string[]) {
  const rows = lines.filter((line) => line.startsWith('Row '));
  const errors = lines.filter((line) => line.startsWith('ERR '));
  const more = lines.filter((line) => line === 'and more:').length;
  const ends = lines.length === 0 ? 0 : more + 1 - errors.length;
  return { rows, errors, ends };
}

/** A row of the text protocol, as lines show it. */
export function textRow(...values: readonly (string | number)[]): string {
  return `Row ${values.map((one) => JSON.stringify(String(one))).join(' | ')}`;
}
