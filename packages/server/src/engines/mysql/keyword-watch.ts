import { bit, classIndex, classOfByte, codeLike, setAfter, startSet, statesIn } from './lexer-states.ts';

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
  /** Classes of bytes, as the readings have them. */
  readonly #classes: Uint8Array;
  readonly #wideCharacters: boolean;
  /** The set of states that the lexer may be in. */
  #set = startSet;
  #previous = 0;
  /** How far the word that is being read is one of the keywords. */
  #word = outside;
  #wordIsCode = false;
  #kill = false;
  #dynamic = false;
  #killWord = false;

  constructor({ backslash: mode, ansiQuotes, wideCharacters }: Readings) {
    this.#classes = mode === 'escape' ? (ansiQuotes ? classesBy.ansi : classesBy.escape) : classesBy[mode];
    this.#wideCharacters = wideCharacters;
  }

  /** KILL as a statement, or as a word of a text that another statement makes a statement of. So far. */
  get found(): boolean {
    return this.#kill || (this.#dynamic && this.#killWord);
  }

  feed(bytes: Buffer, start: number, end: number): void {
    const classes = this.#classes;
    const wide = this.#wideCharacters;
    let set = this.#set;
    let previous = this.#previous;
    let word = this.#word;
    for (let index = start; index < end; index += 1) {
      const byte = bytes[index] ?? 0;
      let seen = classes[byte] ?? 0;
      if (wide && previous >= 0x80) {
        if (byte === backslash) seen = classIndex.anyBackslash;
        else if (byte === backtick) seen = classIndex.anyBacktick;
      }
      const before = set;
      set = setAfter(set, seen);
      let next = wordAfter[(word << 8) | byte] ?? outside;
      if (seen === classIndex.digit && (statesIn(before) & bit.version) !== 0) next = outside;
      if (word === outside && next !== outside) next = this.#beginWord(next, statesIn(before), previous);
      else if (next === outside && word > noKeyword) this.#endWord(word);
      word = next;
      previous = byte;
    }
    this.#set = set;
    this.#previous = previous;
    this.#word = word;
  }

  /** Nothing follows. */
  end(): void {
    this.#endWord(this.#word);
    this.#word = outside;
  }

  #beginWord(word: number, states: number, previous: number): number {
    const isCode = (states & codeLike) !== 0;
    // The letter behind a backslash is part of the escape, and the word begins behind it.
    if (previous === backslash && !isCode) return outside;
    // What a dot or an at-sign stands before is a name, whatever it is called.
    this.#wordIsCode = isCode && previous !== dot && previous !== at;
    return word;
  }

  #endWord(word: number): void {
    if (word === keyword.KILL) {
      this.#killWord = true;
      this.#kill ||= this.#wordIsCode;
    } else if (word === keyword.PREPARE || word === keyword.IMMEDIATE) this.#dynamic ||= this.#wordIsCode;
  }
}

const backslash = 0x5c;
const backtick = 0x60;
const dot = 0x2e;
const at = 0x40;

function withBackslash(seen: number): Uint8Array {
  return classOfByte.with(backslash, seen);
}

const classesBy = {
  escape: classOfByte,
  ansi: withBackslash(classIndex.ansiBackslash),
  character: withBackslash(classIndex.other),
  either: withBackslash(classIndex.anyBackslash),
} as const;

/** Between words; in a word that is none of the keywords. Above them: the beginnings of keywords, a number each. */
const outside = 0;
const noKeyword = 1;
const beginnings = ['', '-', ...['KILL', 'PREPARE', 'IMMEDIATE'].flatMap(beginningsOf)];
const keyword = {
  KILL: beginnings.indexOf('KILL'),
  PREPARE: beginnings.indexOf('PREPARE'),
  IMMEDIATE: beginnings.indexOf('IMMEDIATE'),
} as const;

/**
 * Where each byte leads from each beginning. Bytes above 0x7f are not of words: in some character set each of them is a
 * space, and then a keyword begins behind it.
 */
const wordAfter = Uint8Array.from({ length: beginnings.length << 8 }, (_, index) => {
  const character = String.fromCharCode(index & 0xff);
  if (!/[\w$]/.test(character)) return outside;
  const longer = beginnings.indexOf((beginnings[index >> 8] ?? '') + character.toUpperCase());
  return longer === -1 ? noKeyword : longer;
});

function beginningsOf(word: string): readonly string[] {
  return Array.from(word, (_, index) => word.slice(0, index + 1));
}
