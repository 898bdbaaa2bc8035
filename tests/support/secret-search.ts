import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A text to look through, and what to call it. */
export interface Place {
  readonly name: string;
  readonly content: Buffer | string;
}

/** Long enough that chance does not write it, short enough to find a secret that was cut off. */
const partLength = 16;

/** Looks for secrets, given by name, in any writing. One line for each that is found, without the secret itself. */
export function findSecrets(secrets: ReadonlyMap<string, string>, places: readonly Place[]): string[] {
  const wanted = [...secrets].map(([name, secret]) => ({ name, writings: writingsOf(secret) }));
  return places.flatMap(({ name: place, content }) => {
    const text = typeof content === 'string' ? content : content.toString('latin1');
    return wanted.flatMap(({ name, writings }) => {
      const [found] = writings.filter(([, part]) => text.includes(part));
      return found === undefined ? [] : [`${place} holds ${name} (${found[0]})`];
    });
  });
}

/** Every file under a folder. One that disappears meanwhile is left out. */
export async function filesUnder(folder: string): Promise<Place[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = await Promise.all(
    files.map(async (file) => ({ name: file, content: await readFile(file).catch(() => undefined) })),
  );
  return read.flatMap(({ name, content }) => (content === undefined ? [] : [{ name, content }]));
}

/** Its first and its last part, in every writing in which they may stand in a larger text. */
function writingsOf(secret: string): (readonly [writing: string, part: string])[] {
  const ends = new Set([secret.slice(0, 4 + partLength).slice(-partLength), secret.slice(-partLength)]);
  return [...ends].flatMap((part) => {
    const bytes = Buffer.from(part);
    return [
      ['as it is', part] as const,
      ['URL-encoded', encodeURIComponent(part)] as const,
      ['in JSON', JSON.stringify(part).slice(1, -1)] as const,
      ['in HTML', part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')] as const,
      ['in hexadecimal', bytes.toString('hex')] as const,
      ['in hexadecimal', bytes.toString('hex').toUpperCase()] as const,
      ...[0, 1, 2].flatMap((offset) => [
        ['in base64', inBase64(bytes, offset, 'base64')] as const,
        ['in base64url', inBase64(bytes, offset, 'base64url')] as const,
      ]),
    ];
  });
}

/** The characters that depend on nothing but `bytes` when these begin `offset` bytes after a multiple of three. */
function inBase64(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString(encoding)
    .replaceAll('=', '');
  const sharedWithBefore = [0, 2, 3][offset] ?? 0;
  const sharedWithAfter = (offset + bytes.length) % 3 === 0 ? 0 : 1;
  return text.slice(sharedWithBefore, text.length - sharedWithAfter);
}
