/**
 * A value as part of a distinguished name: everything that could end it or begin something else is escaped
 * (RFC 4514, section 2.4). Control characters are written as hex, so that NUL ends nothing either.
 */
export function escapeDnValue(value: string): string {
  return value
    .replace(/[\\"+,;<=>]/g, '\\$&')
    .replace(/\p{Cc}/gu, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}

/** One part of a name: `cn` and `Admins`. A part with several pairs (`cn=a+ou=b`) keeps them together as one value. */
interface NamePart {
  readonly type: string;
  readonly value: string;
}

/**
 * A distinguished name in parts, from the entry up to the root; undefined for a text that is none. Types are in small
 * letters and values unescaped, so that two spellings of one name are equal part by part.
 */
export function parseDn(text: string): readonly NamePart[] | undefined {
  const parts: NamePart[] = [];
  for (const part of splitUnescaped(text, ',')) {
    const at = part.indexOf('=');
    const type = part.slice(0, Math.max(at, 0)).trim().toLowerCase();
    const value = unescaped(part.slice(at + 1).replace(/^ +|(?<!\\) +$/g, ''));
    if (!/^[a-z0-9.-]+$/.test(type) || value === undefined) return undefined;
    parts.push({ type, value });
  }
  return parts;
}

/**
 * One spelling for a name: what directories compare without regard to case is in small letters. Undefined for a text
 * that is no name.
 */
export function normaliseDn(text: string): string | undefined {
  return parseDn(text)
    ?.map(({ type, value }) => `${type}=${escapeDnValue(value.toLowerCase())}`)
    .join(',');
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\') {
      part += character + (text[at + 1] ?? '');
      at += 1;
    } else if (character === separator) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part];
}

/** `\2C` and `\,` mean the same; undefined for a backslash that ends the text. */
function unescaped(value: string): string | undefined {
  const bytes: number[] = [];
  const encoded = Buffer.from(value);
  for (let at = 0; at < encoded.length; at += 1) {
    const byte = encoded[at] ?? 0;
    if (byte !== backslash) {
      bytes.push(byte);
      continue;
    }
    const pair = encoded.toString('latin1', at + 1, at + 3);
    if (/^[0-9a-f]{2}$/i.test(pair)) {
      bytes.push(Number.parseInt(pair, 16));
      at += 2;
    } else if (at + 1 < encoded.length) {
      bytes.push(encoded[at + 1] ?? 0);
      at += 1;
    } else return undefined;
  }
  return Buffer.from(bytes).toString('utf8');
}

const backslash = 0x5c;
