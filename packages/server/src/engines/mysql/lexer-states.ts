/**
 * How the lexers of MySQL and MariaDB go through a text: which bytes are code, and which are strings, quoted names and
 * comments. A state that may lead to several stands for servers, or versions of them, that differ.
 *
 * Source: `sql_lex.cc` of both; MySQL Reference Manual, "Language Structure".
 */

const states = [
  'code',
  'slash',
  'dash',
  'dashes',
  'dollar',
  'version',
  'unsure',
  'opened',
  'openedM',
  'comment',
  'commentStar',
  'skipped',
  'skippedStar',
  'skippedSlash',
  'nested',
  'nestedStar',
  'line',
  'single',
  'singleEscape',
  'double',
  'doubleEscape',
  'backtick',
] as const;
type State = (typeof states)[number];

/** The set in which a text begins: nothing but code. */
export const startSet = 0;
/** There are fewer classes of bytes than this power of two. */
const classBits = 5;

/** A bit for each state. */
export const bit = Object.fromEntries(states.map((state, index) => [state, 1 << index])) as Record<
  State,
  number
>;

/** Where a word is a word of the language. */
export const codeLike = bit.code | bit.slash | bit.dash | bit.dashes | bit.dollar | bit.version | bit.unsure;

const classes = [
  'other',
  'word',
  'm',
  'digit',
  'dollar',
  'space',
  'newline',
  'nul',
  'high',
  'quote',
  'doubleQuote',
  'backtick',
  'anyBacktick',
  'backslash',
  'ansiBackslash',
  'anyBackslash',
  'slash',
  'star',
  'dash',
  'hash',
  'bang',
  'plus',
] as const;
type Class = (typeof classes)[number];

/** The number of each class of bytes, as the tables have it. */
export const classIndex = Object.fromEntries(classes.map((name, index) => [name, index])) as Record<
  Class,
  number
>;

interface Rule {
  /** Where each class of bytes leads; to several where servers, or their versions, differ. */
  readonly on?: Partial<Readonly<Record<Class, readonly State[]>>>;
  /** Everything else: to this state, or as in that one. */
  readonly to?: State;
  readonly like?: State;
}

const rules: Readonly<Record<State, Rule>> = {
  code: {
    on: {
      quote: ['single'],
      doubleQuote: ['double'],
      backtick: ['backtick'],
      anyBacktick: ['backtick', 'code'],
      slash: ['slash'],
      dash: ['dash'],
      hash: ['line'],
      dollar: ['dollar'],
    },
    to: 'code',
  },
  slash: { on: { star: ['opened'] }, like: 'code' },
  dash: { on: { dash: ['dashes'] }, like: 'code' },
  // Two dashes begin a comment before a space only. Some character sets have one above 0x7f.
  dashes: {
    on: { space: ['line'], nul: ['line', 'code'], high: ['line', 'code'], dash: ['dashes'] },
    like: 'code',
  },
  // MySQL 9 quotes by $$ and $tag$. Behind such a mark nothing is taken for quoted.
  dollar: {
    on: { dollar: ['unsure'], word: ['dollar'], m: ['dollar'], digit: ['dollar'] },
    like: 'code',
  },
  unsure: { to: 'unsure' },
  opened: {
    on: { bang: ['version', 'skipped'], m: ['openedM'], plus: ['code', 'comment'], star: ['commentStar'] },
    to: 'comment',
  },
  openedM: { on: { bang: ['version', 'skipped', 'comment'], star: ['commentStar'] }, to: 'comment' },
  // The digits of an executable comment, with which no word begins. Whether it is executed depends on the server.
  version: { on: { digit: ['version'] }, like: 'code' },
  comment: { on: { star: ['commentStar'] }, to: 'comment' },
  commentStar: { on: { slash: ['code'], star: ['commentStar'] }, to: 'comment' },
  skipped: { on: { star: ['skippedStar'], slash: ['skippedSlash'] }, to: 'skipped' },
  skippedStar: { on: { slash: ['code'], star: ['skippedStar'] }, to: 'skipped' },
  skippedSlash: { on: { star: ['nested', 'skippedStar'], slash: ['skippedSlash'] }, to: 'skipped' },
  nested: { on: { star: ['nestedStar'] }, to: 'nested' },
  nestedStar: { on: { slash: ['skipped'], star: ['nestedStar'] }, to: 'nested' },
  line: { on: { newline: ['code'], nul: ['line', 'code'] }, to: 'line' },
  single: {
    on: {
      quote: ['code'],
      backslash: ['singleEscape'],
      ansiBackslash: ['singleEscape'],
      anyBackslash: ['singleEscape', 'single'],
    },
    to: 'single',
  },
  singleEscape: { to: 'single' },
  double: {
    on: {
      doubleQuote: ['code'],
      backslash: ['doubleEscape'],
      ansiBackslash: ['doubleEscape', 'double'],
      anyBackslash: ['doubleEscape', 'double'],
    },
    to: 'double',
  },
  doubleEscape: { to: 'double' },
  backtick: { on: { backtick: ['code'], anyBacktick: ['code', 'backtick'] }, to: 'backtick' },
};

const transitions = Int32Array.from(
  states.flatMap((state) => classes.map((seen) => maskOf(followers(state, seen)))),
);

function statesAfter(before: number, seen: number): number {
  let after = 0;
  for (let left = before; left !== 0; left &= left - 1) {
    const state = 31 - Math.clz32(left & -left);
    after |= transitions[state * classes.length + seen] ?? 0;
  }
  return after;
}

/** Sets of states by their numbers, which they get as they come up: a few dozen in practice, bounded by the rules. */
const sets: number[] = [bit.code];
const numbers = new Map<number, number>([[bit.code, startSet]]);
/** For each set and class the set that follows; 0 where nobody has asked yet, else its number and 1. */
let following = new Uint16Array(64 << classBits);

/** The number of the set that follows when a byte of this class is seen. Runs for every byte: a look-up. */
export function setAfter(set: number, seen: number): number {
  const known = following[(set << classBits) | seen] ?? 0;
  return known === 0 ? workOut(set, seen) : known - 1;
}

/** The states in a set: a bit each. */
export function statesIn(set: number): number {
  return sets[set] ?? 0;
}

function workOut(set: number, seen: number): number {
  const states = statesAfter(statesIn(set), seen);
  let number = numbers.get(states);
  if (number === undefined) {
    number = sets.push(states) - 1;
    numbers.set(states, number);
  }
  if (sets.length << classBits > following.length) {
    const grown = new Uint16Array(following.length * 2);
    grown.set(following);
    following = grown;
  }
  following[(set << classBits) | seen] = number + 1;
  return number;
}

function followers(state: State, seen: Class): readonly State[] {
  const { on, to, like } = rules[state];
  return on?.[seen] ?? (like === undefined ? [to ?? state] : followers(like, seen));
}

function maskOf(of: readonly State[]): number {
  return of.reduce((mask, state) => mask | bit[state], 0);
}

const punctuation: Readonly<Record<string, Class>> = {
  $: 'dollar',
  "'": 'quote',
  '"': 'doubleQuote',
  '`': 'backtick',
  '\\': 'backslash',
  '/': 'slash',
  '*': 'star',
  '-': 'dash',
  '#': 'hash',
  '!': 'bang',
  '+': 'plus',
  '\n': 'newline',
  '\0': 'nul',
};

function className(byte: number): Class {
  const character = String.fromCharCode(byte);
  if (byte >= 0x80) return 'high';
  if (character === 'M' || character === 'm') return 'm';
  if (byte >= 0x30 && byte <= 0x39) return 'digit';
  return (
    punctuation[character] ??
    (/\w/.test(character) ? 'word' : byte <= 0x20 || byte === 0x7f ? 'space' : 'other')
  );
}

/** The class of a byte by itself. */
export const classOfByte = Uint8Array.from({ length: 256 }, (_, byte) => classIndex[className(byte)]);
