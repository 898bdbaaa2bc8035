/** Where the lexers of the servers differ, as far as strings, names and comments go. */
export interface SqlDialect {
  /** Whether a backslash is an escape in every string, or only in `E'…'`. */
  readonly backslash: 'everywhere' | 'marked';
  /** What quotes a name: double quotes (SQL), or backticks, and then double quotes are strings (MySQL). */
  readonly nameQuote: '"' | '`';
  /** Comments that nest (PostgreSQL), or `#` and comments that are executed (MySQL). */
  readonly comments: 'nested' | 'executable';
}

/** One token; white space and comments are none. */
export type SqlToken =
  | { readonly kind: 'word' | 'sign'; readonly start: number; readonly end: number; readonly text: string }
  /** A string or a hexadecimal number, with what stands before its quote. */
  | {
      readonly kind: 'literal';
      readonly start: number;
      readonly end: number;
      /** Where that stands which is between the quotes, escapes and all. */
      readonly contentStart: number;
      readonly contentEnd: number;
      readonly isDollarQuoted: boolean;
      /** Whether a backslash in it takes the character behind it as it is. */
      readonly hasEscapes: boolean;
      /** False for one that the text ends in. */
      readonly closed: boolean;
    };

/** What begins nothing: told first, so that a text of signs alone costs little. */
const plainSign = /[=(),.;:+<>!?[\]{}|^%@&~\\]/y;
const space = /\s+/y;
const word = /[\p{L}_][\p{L}\p{N}_$]*/uy;
const number = /0[xX][0-9a-fA-F]+|[0-9][\w.]*/y;
const dollarQuote = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const stringStart = /(?:[eEbBxXnN]|[uU]&|_[A-Za-z0-9]+)?'/y;
const escaped = { "'": /(?:[^'\\]+|\\[\s\S]|'')*/y, '"': /(?:[^"\\]+|\\[\s\S]|"")*/y };
const verbatim = { "'": /(?:[^']+|'')*/y, '"': /(?:[^"]+|"")*/y, '`': /(?:[^`]+|``)*/y };
const blockComment = /\/\*/y;
const executableComment = /\/\*M?!\d*/y;
const lineComment = { nested: /--[^\n]*/y, executable: /(?:--(?=[\s\0]|$)|#)[^\n]*/y };

/** Cuts a text of one or more statements into tokens, in time proportional to its length. Takes any text. */
export function* sqlTokens(text: string, dialect: SqlDialect): Generator<SqlToken, void> {
  let at = 0;
  while (at < text.length) {
    const start = at;
    if (endOf(plainSign, text, at) !== undefined) {
      at += 1;
      yield { kind: 'sign', start, end: at, text: text.slice(start, at) };
      continue;
    }
    const blank = endOf(space, text, at) ?? endOf(lineComment[dialect.comments], text, at);
    at = blank ?? endOfComment(text, at, dialect) ?? at;
    if (at > start) continue;

    const literal = literalAt(text, at, dialect);
    if (literal !== undefined) {
      yield literal;
      at = literal.end;
      continue;
    }
    if (text[at] === dialect.nameQuote) {
      const end = endOf(verbatim[dialect.nameQuote], text, at + 1) ?? at + 1;
      at = Math.min(end + 1, text.length);
      yield { kind: 'word', start, end: at, text: text.slice(start + 1, end) };
      continue;
    }
    const end = endOf(word, text, at);
    at = end ?? endOf(number, text, at) ?? at + 1;
    yield { kind: end === undefined ? 'sign' : 'word', start, end: at, text: text.slice(start, at) };
  }
}

function literalAt(
  text: string,
  start: number,
  { backslash, nameQuote }: SqlDialect,
): Extract<SqlToken, { kind: 'literal' }> | undefined {
  const common = { kind: 'literal', start, isDollarQuoted: false, hasEscapes: false } as const;
  const isDouble = nameQuote === '`' && text[start] === '"';
  const from = isDouble ? start + 1 : endOf(stringStart, text, start);
  if (from !== undefined) {
    const quote = isDouble ? '"' : "'";
    const hasEscapes = backslash === 'everywhere' || /e/i.test(text[start] ?? '');
    const end = endOf((hasEscapes ? escaped : verbatim)[quote], text, from) ?? from;
    const closed = text[end] === quote;
    return {
      ...common,
      contentStart: from,
      contentEnd: end,
      end: closed ? end + 1 : text.length,
      hasEscapes,
      closed,
    };
  }
  const tagEnd = endOf(dollarQuote, text, start);
  if (tagEnd !== undefined) {
    const tag = text.slice(start, tagEnd);
    const close = text.indexOf(tag, tagEnd);
    const closed = close !== -1;
    return {
      ...common,
      contentStart: tagEnd,
      contentEnd: closed ? close : text.length,
      end: closed ? close + tag.length : text.length,
      isDollarQuoted: true,
      closed,
    };
  }
  if (!/^0x/i.test(text.slice(start, start + 2))) return undefined;
  const end = endOf(number, text, start) ?? start + 1;
  return { ...common, contentStart: start, contentEnd: end, end, closed: true };
}

/** Behind the comment that begins here; of one that is executed only its marks count as blank. */
function endOfComment(text: string, at: number, { comments }: SqlDialect): number | undefined {
  if (comments === 'executable') {
    if (text.startsWith('*/', at)) return at + 2;
    const opened = endOf(executableComment, text, at);
    if (opened !== undefined) return opened;
  }
  if (endOf(blockComment, text, at) === undefined) return undefined;
  const marks = comments === 'nested' ? /\/\*|\*\//g : /\*\//g;
  marks.lastIndex = at + 2;
  let depth = 1;
  while (depth > 0) {
    const mark = marks.exec(text);
    if (mark === null) return text.length;
    depth += mark[0] === '/*' ? 1 : -1;
  }
  return marks.lastIndex;
}

/** Where a sticky pattern ends that matches here; undefined when it does not, or matches nothing at all. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
