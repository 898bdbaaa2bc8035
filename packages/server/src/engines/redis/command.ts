import { carriageReturn, lineFeed } from './protocol.ts';

/** A command as far as it has arrived. */
export interface Command {
  readonly bytes: Buffer;
  /** How many arguments it has, the name included. */
  readonly count: number;
  /** Where in `bytes` each argument begins and ends that is here as a whole. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Whether all of it is here. */
  readonly complete: boolean;
}

/** One argument, which must be here. */
export function argumentBytes({ bytes, starts, ends }: Command, index: number): Buffer {
  return bytes.subarray(starts[index] ?? 0, ends[index] ?? 0);
}

/** All arguments, copied, so that they outlive the buffer. */
export function argumentList(command: Command): readonly Buffer[] {
  return command.starts.map((_, index) => Buffer.from(argumentBytes(command, index)));
}

/** The bytes of a whole command, in a buffer of their own, so that they outlive the one that it came in. */
export function commandCopy({ bytes, ends }: Command): Buffer {
  return Buffer.from(bytes.subarray(0, (ends.at(-1) ?? 0) + 2));
}

/** Longer than the name of any command. */
const mostNameBytes = 64;

/**
 * A name in capitals; `odd` for bytes that no server has a name of, and `impossible` for one that is not here, or that
 * a server may take for another: servers hash all of a name, but compare it only up to a NUL, so that now and then
 * they find `CONFIG` for `CONFIG\0x`.
 */
export function nameOf({ bytes, starts, ends }: Command, index: number): string | 'odd' | 'impossible' {
  const start = starts[index];
  const end = ends[index];
  if (start === undefined || end === undefined) return 'impossible';
  let plain = end > start && end - start <= mostNameBytes;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return 'impossible';
    if (byte <= 0x20 || byte > 0x7e) plain = false;
  }
  return plain ? bytes.toString('latin1', start, end).toUpperCase() : 'odd';
}

/** Whether the argument is this option, as servers compare: without case, and up to a NUL. `option` is in capitals. */
export function isOption({ bytes, starts, ends }: Command, index: number, option: string): boolean {
  const start = starts[index] ?? 0;
  const end = ends[index] ?? 0;
  const length = end - start;
  if (length < option.length || (length > option.length && bytes[start + option.length] !== 0)) return false;
  return bytes.toString('latin1', start, start + option.length).toUpperCase() === option;
}

/**
 * The number on a header line such as `*3\r\n`. `at` is behind the type byte. As strict as servers are: no sign but
 * one minus, no leading zero, no space; and stricter on the line's end, whose second byte they do not look at.
 */
export function headerNumber(bytes: Buffer, at: number, lineFeedAt: number): number | 'malformed' {
  const end = lineFeedAt - 1;
  if (bytes[end] !== carriageReturn || bytes[lineFeedAt] !== lineFeed) return 'malformed';
  const negative = bytes[at] === 0x2d;
  const first = negative ? at + 1 : at;
  const digits = end - first;
  if (digits < 1 || digits > 15) return 'malformed';
  if (bytes[first] === 0x30 && (digits > 1 || negative)) return 'malformed';
  let value = 0;
  for (let index = first; index < end; index += 1) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return 'malformed';
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}
