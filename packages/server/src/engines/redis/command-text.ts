import { isUtf8 } from 'node:buffer';
import { containers, type KeyPositions, keyPositions } from './key-positions.ts';

/** The most characters of a record's text; the number of keys beyond it is told. */
const mostTextLength = 4_096;
/** The most bytes of one key that are shown. */
export const mostShownBytes = 256;
/** The most bytes of one value, and of all, where values are recorded. */
const mostParameterLength = 4_096;
/** The longest subcommand of any server has 20. */
const mostSubcommandBytes = 32;

/**
 * What the audit is told of a command: its name, its keys, and only the sizes of everything else
 * (`SET user:1 (12 bytes)`). Fed argument by argument, since a command may be longer than what is held of it.
 */
export class CommandText {
  #text: string;
  readonly #positions: KeyPositions | 'none' | undefined;
  readonly #isContainer: boolean;
  readonly #count: number;
  /** What was bound, when that is recorded. */
  readonly parameters: string[] | undefined;
  #parameterLength = 0;
  /** Keys that were found by looking: those from `#keysFrom` up to, not including, `#keysTo`. */
  #keysFrom = 0;
  #keysTo = 0;
  /** Values since the last key, keys that found no more room. */
  #values = 0;
  #valueBytes = 0;
  #hiddenKeys = 0;

  /** `name` is in capitals; `count` includes it. */
  constructor(name: string, count: number, wantsParameters: boolean) {
    this.#text = name;
    this.#positions = keyPositions.get(name);
    this.#isContainer = containers.has(name);
    this.#count = count;
    this.parameters = wantsParameters ? [] : undefined;
  }

  /** How many leading bytes of this argument are to be given to {@link CommandText.add}. */
  wanted(index: number): number {
    if (this.#positions === undefined) return this.parameters === undefined ? 0 : mostShownBytes;
    const isLooked = this.#positions !== 'none' && this.#positions.kind !== 'places';
    const seen = isLooked || this.parameters !== undefined || this.#isKey(index);
    return seen || (this.#isContainer && index === 1) ? mostShownBytes : 0;
  }

  /** The next argument behind the name: its length, and its leading bytes. */
  add(index: number, length: number, bytes: Buffer, start: number, end: number): void {
    if (this.#isContainer && index === 1 && isSubcommand(bytes, start, end)) {
      this.#text += ` ${shown(bytes, start, end, length).toUpperCase()}`;
      return;
    }
    if (this.#isKey(index)) {
      this.#addKey(bytes, start, end, length);
      return;
    }
    this.#look(index, bytes, start, end);
    this.#values += 1;
    this.#valueBytes += length;
    if (this.parameters !== undefined && this.#parameterLength < mostParameterLength) {
      const value = shown(bytes, start, Math.min(end, start + mostShownBytes), length);
      this.#parameterLength += value.length;
      this.parameters.push(value);
    }
  }

  toString(): string {
    if (this.#positions === undefined) {
      const count = this.#count - 1;
      return count === 0 ? this.#text : `${this.#text} (${count} ${count === 1 ? 'argument' : 'arguments'})`;
    }
    const hidden = this.#hiddenKeys === 0 ? '' : ` (${this.#hiddenKeys} more keys)`;
    return this.#text + hidden + this.#valuesText();
  }

  #addKey(bytes: Buffer, start: number, end: number, length: number): void {
    if (this.#text.length >= mostTextLength) {
      this.#hiddenKeys += 1;
      return;
    }
    this.#text += `${this.#valuesText()} ${shown(bytes, start, end, length)}`;
    this.#values = 0;
    this.#valueBytes = 0;
  }

  #valuesText(): string {
    switch (this.#values) {
      case 0:
        return '';
      case 1:
        return ` (${this.#valueBytes} bytes)`;
      default:
        return ` (${this.#values} values, ${this.#valueBytes} bytes)`;
    }
  }

  #isKey(index: number): boolean {
    const positions = this.#positions;
    if (positions === undefined || positions === 'none') return false;
    if (positions.kind === 'places') {
      const { first, step } = positions;
      const last = positions.last < 0 ? this.#count + positions.last : positions.last;
      return index >= first && index <= last && (index - first) % step === 0;
    }
    const isDestination = positions.kind === 'counted' && positions.at === 2 && index === 1;
    return (
      (isDestination && this.#text.endsWith('STORE')) || (index >= this.#keysFrom && index < this.#keysTo)
    );
  }

  /** Finds out where the keys are from an argument that says so. */
  #look(index: number, bytes: Buffer, start: number, end: number): void {
    const positions = this.#positions;
    if (positions === undefined || positions === 'none' || positions.kind === 'places') return;
    if (this.#keysTo > 0 || (positions.kind === 'counted' && index !== positions.at)) return;
    const word = bytes.toString('latin1', start, end);
    if (positions.kind === 'counted' && /^[1-9]\d{0,8}$/.test(word)) {
      this.#keysFrom = index + 1;
      this.#keysTo = this.#keysFrom + Number(word);
    }
    if (positions.kind === 'streams' && word.toUpperCase() === 'STREAMS') {
      this.#keysFrom = index + 1;
      this.#keysTo = this.#keysFrom + Math.floor((this.#count - this.#keysFrom) / 2);
    }
  }
}

/** Anything else in this place is a slip, and may be what stood behind it. */
function isSubcommand(bytes: Buffer, start: number, end: number): boolean {
  return end - start <= mostSubcommandBytes && /^[a-z_-]+$/i.test(bytes.toString('latin1', start, end));
}

const tokenPrefix = 'gwt_';
/** A Grantway token, wherever somebody put it. */
const token = new RegExp(`${tokenPrefix}[\\w-]{16,}`, 'g');

/** Plain words as they are; anything else in quotes, bytes that are no UTF-8 as `\xHH`. */
function shown(bytes: Buffer, start: number, end: number, length: number): string {
  const shownEnd = Math.min(end, start + mostShownBytes);
  const cut = shownEnd - start < length ? `… (${length} bytes)` : '';
  const plain = bytes.toString('latin1', start, shownEnd);
  if (isPlain(bytes, start, shownEnd)) return withoutToken(plain) + cut;
  const part = bytes.subarray(start, shownEnd);
  const quoted = isUtf8(part)
    ? JSON.stringify(part.toString())
    : `"${plain.replaceAll(/[^ !#-[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
  return withoutToken(quoted) + cut;
}

/** Whether it is a word of printable ASCII without quote and backslash. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte <= 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c) return false;
  }
  return end > start;
}

function withoutToken(text: string): string {
  return text.includes(tokenPrefix) ? text.replaceAll(token, `${tokenPrefix}…`) : text;
}
