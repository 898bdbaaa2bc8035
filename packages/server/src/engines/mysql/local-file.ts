/**
 * The name in each LOAD DATA LOCAL, or LOAD XML LOCAL, that begins a statement of a text (MySQL Reference Manual, "LOAD
 * DATA Statement"), with its quotes. Strings, quoted names and comments are matched whole, without a name: what looks
 * like a statement in them is somebody's text. What they do not end is theirs to the end.
 */
function loads(): RegExp {
  const comment = String.raw`\/\*[^*]*\*+(?:[^\/*][^*]*\*+)*\/|(?:--\s|#)[^\n]*\n`;
  const gap = `(?:\\s|${comment})+`;
  const name = String.raw`'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"`;
  const words = [
    '(?:data|xml)',
    `(?:(?:low_priority|concurrent)${gap})?local`,
    `(?:from${gap})?infile`,
    `(${name})`,
  ];
  const begun = `(?:^|;)(?:\\s|${comment})*load${gap}${words.join(gap)}`;
  const quotedName = '`[^`]*`';
  const unended = String.raw`['"\`].*|\/\*.*|(?:--\s|#)[^\n]*`;
  return new RegExp([begun, name, quotedName, comment, unended].join('|'), 'gis');
}

/**
 * Whether a client that sent `text` has told the server to ask for this file. A server that asks for any other is
 * after something: the client would send whatever is named.
 */
export function asksForFile(text: string, file: Buffer): boolean {
  for (const [, quoted] of text.matchAll(loads())) {
    if (quoted !== undefined && spellings(quoted).some((name) => namesFile(name, file))) return true;
  }
  return false;
}

/** The file that a quoted name means, with backslashes as escapes and as characters. */
function spellings(quoted: string): readonly string[] {
  const mark = quoted.charAt(0);
  const inner = quoted.slice(1, -1).replaceAll(mark + mark, mark);
  return [inner, inner.replaceAll(/\\(.)/gs, (_, escaped: string) => escapes[escaped] ?? escaped)];
}

const escapes: Readonly<Record<string, string>> = {
  0: '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
};

/** Texts that are no UTF-8 were read byte by byte. */
function namesFile(name: string, file: Buffer): boolean {
  return file.equals(Buffer.from(name)) || file.equals(Buffer.from(name, 'latin1'));
}
