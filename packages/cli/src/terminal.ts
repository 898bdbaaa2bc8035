import type { Writable } from 'node:stream';

/** Where a command runs: what it prints to, what it knows of its surroundings. Given, so that tests see it all. */
export interface Terminal {
  /** Data only, so that it can be piped. */
  readonly out: Writable;
  /** Progress, questions and errors. */
  readonly err: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True when a person reads {@link Terminal.out}. */
  readonly interactive: boolean;
  /** Sets the exit code of a command that ends without an error. */
  exitWith(code: number): void;
}

/** Writes a line of data. */
export function print(terminal: Terminal, line: string): void {
  terminal.out.write(`${line}\n`);
}

/** Writes a line of progress. */
export function say(terminal: Pick<Terminal, 'err'>, line: string): void {
  terminal.err.write(`${line}\n`);
}
