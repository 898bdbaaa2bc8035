import type { Refusal } from '../../core/index.ts';

const lineEnd = Buffer.from('\r\n');

/** A command as an array of bulk strings, which is the one form that servers read without doubt. */
export function commandBytes(...args: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === 'string' ? Buffer.from(arg) : arg;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, lineEnd);
  }
  return Buffer.concat(parts);
}

/** A simple string. */
export function simpleReply(text: string): Buffer {
  return Buffer.from(`+${text}\r\n`);
}

/** An error. Its first word is what programs look at; a line break in it would end it early. */
export function errorReply(text: string): Buffer {
  return Buffer.from(`-${oneLine(text)}\r\n`);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}

/** A refusal as an error. Some rows of the table have more than the first word. */
export function refusalReply(refusal: Refusal): Buffer {
  // As servers word it.
  if (refusal.code === 'protocol_violation') {
    return Buffer.from(`-ERR Protocol error: ${oneLine(`${refusal.details.what}`)}\r\n`, 'latin1');
  }
  const prefix = refusal.native.redis;
  return errorReply(`${prefix}${prefix.includes(' ') ? ':' : ''} ${refusal.message}`);
}
