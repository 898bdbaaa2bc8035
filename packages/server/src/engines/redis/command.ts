import { keyPositions } from './key-positions.ts';
import { carriageReturn, lineFeed } from './protocol.ts';

/** A command as far as it has arrived. Valid during the call that it is given to. */
export interface Command {
  /** Where it stands, maybe with others around it. */
  readonly bytes: Buffer;
  /** How many arguments it has, the name included. */
  readonly count: number;
  /** How many of them are here as a whole. */
  readonly arrived: number;
  /** Where in `bytes` each of those begins and ends. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Where in `bytes` the command begins, and where what is here of it ends: behind it, when it is complete. */
  readonly begin: number;
  readonly end: number;
  /** Whether all of it is here. */
  readonly complete: boolean;
  /** `performance.now()` when the last of these bytes came. */
  readonly arrivedAt: number;
}

/** One argument; nothing for one that is not here. */
export function argumentBytes({ bytes, arrived, starts, ends }: Command, index: number): Buffer {
  return index < arrived ? bytes.subarray(starts[index] ?? 0, ends[index] ?? 0) : bytes.subarray(0, 0);
}

/** The arguments that are here, copied, so that they outlive the buffer. */
export function argumentList(command: Command): readonly Buffer[] {
  return Array.from({ length: command.arrived }, (_, index) => Buffer.from(argumentBytes(command, index)));
}

/** The bytes of a whole command, in a buffer of their own, so that they outlive the one that it came in. */
export function commandCopy({ bytes, begin, end }: Command): Buffer {
  return Buffer.from(bytes.subarray(begin, end));
}

/** Longer than the name of any command. */
const mostNameBytes = 64;

/**
 * The names that we know, by a number that their bytes make in either case. Of a known name there is one string, and it
 * is found without making another, which costs more than anything else that is done with a usual command.
 */
const knownNames: ReadonlyMap<number, readonly string[]> = Map.groupBy(keyPositions.keys(), (name) => {
  let mixed = 0;
  for (const letter of Buffer.from(name)) mixed = mix(mixed, letter);
  return mixed;
});

/** Letters differ from their capitals in one bit. */
function mix(mixed: number, byte: number): number {
  return (mixed * 31 + (byte & 0xdf)) | 0;
}

/**
 * A name in capitals; `odd` for bytes that no server has a name of, and `impossible` for one that is not here, or that
 * a server may take for another: servers hash all of a name, but compare it only up to a NUL, so that now and then
 * they find `CONFIG` for `CONFIG\0x`.
 */
export function nameOf(
  { bytes, arrived, starts, ends }: Command,
  index: number,
): string | 'odd' | 'impossible' {
  if (index >= arrived) return 'impossible';
  const start = starts[index] ?? 0;
  const end = ends[index] ?? 0;
  let plain = end > start && end - start <= mostNameBytes;
  let mixed = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return 'impossible';
    if (byte <= 0x20 || byte > 0x7e) plain = false;
    mixed = mix(mixed, byte);
  }
  if (!plain) return 'odd';
  for (const name of knownNames.get(mixed) ?? []) if (isWord(bytes, start, end, name)) return name;
  return bytes.toString('latin1', start, end).toUpperCase();
}

/** Whether these bytes are the word, which is in capitals, in either case. */
function isWord(bytes: Buffer, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index += 1) {
    const byte = bytes[start + index] ?? 0;
    const capital = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
    if (capital !== word.charCodeAt(index)) return false;
  }
  return true;
}

/** Whether the argument is this option, as servers compare: without case, and up to a NUL. `option` is in capitals. */
export function isOption({ bytes, arrived, starts, ends }: Command, index: number, option: string): boolean {
  if (index >= arrived) return false;
  const start = starts[index] ?? 0;
  const end = start + option.length;
  const length = (ends[index] ?? 0) - start;
  if (length < option.length || (length > option.length && bytes[end] !== 0)) return false;
  return isWord(bytes, start, end, option);
}

/** The first argument from `from` on that is this option; -1 when none is. */
export function findOption(command: Command, option: string, from = 0): number {
  for (let index = from; index < command.arrived; index += 1) {
    if (isOption(command, index, option)) return index;
  }
  return -1;
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
