import type { SqlParameter } from '@aws-sdk/client-redshift-data';

/** A statement with named parameters, as the Data API takes them. */
export interface BoundStatement {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
}

/** A word of SQL in which nothing is a parameter, or `$n`. The flag `y` lets it match at one place only. */
const pieces =
  /'(?:[^'\\]|\\.|'')*'?|"(?:[^"]|"")*"?|--[^\n]*|\$([A-Za-z_]\w*)?\$|\$(\d+)|[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*|\/\*|[\s\S]/suy;

/**
 * Puts `:p1` in the place of `$1` and so on, outside of literals, names and comments. The Data API's parameters are
 * never NULL, so that one is written out. A statement without values stays as it is.
 * @throws RangeError for `$n` without a value
 */
export function bindParameters(sql: string, values: readonly (string | null)[]): BoundStatement {
  if (values.length === 0) return { sql, parameters: [] };
  const used = new Map<string, string>();
  let text = '';
  for (let at = 0; at < sql.length; ) {
    pieces.lastIndex = at;
    const [piece = '', tag, digits] = pieces.exec(sql) ?? [];
    if (digits !== undefined) text += placeholder(Number(digits), values, used);
    else {
      const end = piece === '/*' ? commentEnd(sql, at) : at + piece.length;
      const closing = piece.startsWith('$') && piece !== '$' ? `$${tag ?? ''}$` : undefined;
      const stop = closing === undefined ? end : after(sql, closing, end);
      text += sql.slice(at, stop);
      at = stop;
      continue;
    }
    at += piece.length;
  }
  return { sql: text, parameters: [...used].map(([name, value]) => ({ name, value })) };
}

function placeholder(number: number, values: readonly (string | null)[], used: Map<string, string>): string {
  const value = values[number - 1];
  if (value === undefined) {
    throw new RangeError(`the statement names parameter $${number}, and there are ${values.length} values`);
  }
  if (value === null) return 'NULL';
  used.set(`p${number}`, value);
  return `:p${number}`;
}

/** Comments nest. */
function commentEnd(sql: string, start: number): number {
  let depth = 0;
  for (let at = start; at < sql.length; at += 1) {
    const pair = sql.slice(at, at + 2);
    if (pair === '/*') depth += 1;
    else if (pair === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return sql.length;
}

function after(sql: string, word: string, from: number): number {
  const found = sql.indexOf(word, from);
  return found === -1 ? sql.length : found + word.length;
}
