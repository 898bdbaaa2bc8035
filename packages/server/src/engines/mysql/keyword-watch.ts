import { bit, classIndex, classOfByte, codeLike, statesAfter } from './lexer-states.ts';

/**
 * What a server may take a text for, as far as it is not known here. A watch goes through all readings at once: for a
 * keyword it is enough that one of them sees it.
 */
export interface Readings {
  /** What a backslash in a string is: an escape, a character (`NO_BACKSLASH_ESCAPES`), or either. */
  readonly backslash: 'escape' | 'character' | 'either';
  /** Text in double quotes may be an identifier (`ANSI_QUOTES`), where a backslash is a character. */
  readonly ansiQuotes: boolean;
  /** The second byte of a character may be a backslash or a backtick (GBK, Big5, Shift-JIS, GB18030). */
  readonly wideCharacters: boolean;
}

/**
 * Finds keywords in the text of statements as MySQL's and MariaDB's lexers see them: outside of strings, quoted
 * identifiers and comments, and inside of executable comments. KILL is a reserved word of both, so where it stands as a
 * word of its own it is the statement, in whatever block or behind whatever semicolon. Takes the text in pieces, in time
 * proportional to its length.
 */
export class KeywordWatch {
  readonly #readings: Readings;
  /** The states that the lexer may be in: a bit each. */
  #states = bit.code;
  #previous = 0;
  /** The word that is being read, in capitals; longer ones are cut. */
  #word = '';
  #wordIsCode = false;
  #kill = false;
  #dynamic = false;
  #killWord = false;

  constructor(readings: Readings) {
    this.#readings = readings;
  }

  /** KILL as a statement, or as a word of a text that another statement makes a statement of. So far. */
  get found(): boolean {
    return this.#kill || (this.#dynamic && this.#killWord);
  }

  feed(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at += 1) this.#take(bytes[at] ?? 0);
  }

  /** Nothing follows. */
  end(): void {
    this.#endWord();
  }

  #take(byte: number): void {
    const before = this.#states;
    const previous = this.#previous;
    this.#previous = byte;
    this.#states = statesAfter(before, this.#classOf(byte, previous));
    if (!isWordByte(byte) || ((before & bit.version) !== 0 && isDigit(byte))) {
      this.#endWord();
      return;
    }
    if (this.#word === '') {
      // What a dot or an at-sign stands before is a name, whatever it is called.
      this.#wordIsCode = (before & codeLike) !== 0 && previous !== dot && previous !== at;
    }
    // The letter behind a backslash is part of the escape, and the word begins behind it.
    if (previous === backslash && (before & codeLike) === 0) this.#endWord();
    else if (this.#word.length <= longestKeyword) this.#word += String.fromCharCode(byte).toUpperCase();
  }

  #endWord(): void {
    const word = this.#word;
    if (word === '') return;
    this.#word = '';
    if (word === 'KILL') {
      this.#killWord = true;
      this.#kill ||= this.#wordIsCode;
    } else if (word === 'PREPARE' || word === 'IMMEDIATE') this.#dynamic ||= this.#wordIsCode;
  }

  #classOf(byte: number, previous: number): number {
    const { backslash: mode, ansiQuotes, wideCharacters } = this.#readings;
    if (byte === backslash) {
      if (mode === 'either' || (wideCharacters && previous >= 0x80)) return classIndex.anyBackslash;
      if (mode === 'character') return classIndex.other;
      return ansiQuotes ? classIndex.ansiBackslash : classIndex.backslash;
    }
    if (byte === backtick && wideCharacters && previous >= 0x80) return classIndex.anyBacktick;
    return classOfByte[byte] ?? classIndex.other;
  }
}

const longestKeyword = 'IMMEDIATE'.length;
const backslash = 0x5c;
const backtick = 0x60;
const dot = 0x2e;
const at = 0x40;

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Bytes above 0x7f are none: in some character set each of them is a space, and then a keyword begins behind it. */
function isWordByte(byte: number): boolean {
  return wordBytes[byte] === 1;
}

const wordBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < 0x80 && /[\w$]/.test(String.fromCharCode(byte))),
);
