import { createHash } from 'node:crypto';

/** Longer values are shown by their hash. */
const mostShownBytes = 200;

/** Readable text as text, anything else as hex, long ones as length and hash. */
export function shown(value: Buffer | null): string {
  if (value === null) return 'NULL';
  if (value.length > mostShownBytes) {
    return `${value.length} bytes ${createHash('sha256').update(value).digest('hex')}`;
  }
  const text = value.toString('utf8');
  const readable = !/[^\P{Cc}\t\n\r]|\ufffd/u.test(text);
  return readable ? JSON.stringify(text) : `0x${value.toString('hex')}`;
}
