import { open } from 'node:fs/promises';

/** Far above the longest record; a longer line is damage, and must not fill the memory. */
const maxLineBytes = 4 * 1024 * 1024;
const chunkBytes = 256 * 1024;
const lineBreak = 0x0a;

/** One line of a file as it stands there. */
export interface Line {
  /** Without the line break. Valid until the next line is asked for. */
  readonly bytes: Buffer;
  /** Where it starts in the file. */
  readonly offset: number;
  /** Counted from 1. */
  readonly number: number;
  /**
   * `break`: a whole line. `file`: what follows the last line break, a write that is under way or was cut short.
   * `too_long`: damage; nothing after it was read.
   */
  readonly end: 'break' | 'file' | 'too_long';
}

/** Reads a file line by line with bounded memory; nothing after a line that is too long. */
export async function* readLines(path: string): AsyncGenerator<Line> {
  await using handle = await open(path, 'r');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let rest = Buffer.alloc(0);
  let offset = 0;
  let number = 1;
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, offset + rest.length);
    if (bytesRead === 0) break;
    const data = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = data.indexOf(lineBreak); end >= 0; end = data.indexOf(lineBreak, start)) {
      yield { bytes: data.subarray(start, end), offset: offset + start, number, end: 'break' };
      number += 1;
      start = end + 1;
    }
    offset += start;
    rest = data.subarray(start);
    if (rest.length > maxLineBytes) {
      yield { bytes: rest, offset, number, end: 'too_long' };
      return;
    }
  }
  if (rest.length > 0) yield { bytes: rest, offset, number, end: 'file' };
}
