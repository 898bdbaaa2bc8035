import { once } from 'node:events';
import type { Duplex } from 'node:stream';

/** The other side of `stream` left in the middle of a login. */
export class Left extends Error {
  override readonly name = 'Left';
  readonly stream: Duplex;

  constructor(stream: Duplex, cause?: unknown) {
    super('The connection ended in the middle of the sign-in.', { cause });
    this.stream = stream;
  }
}

/** Reads exactly so many bytes, and leaves the rest for whoever reads next. @throws Left */
export async function readBytes(stream: Duplex, bytes: number): Promise<Buffer> {
  if (bytes === 0) return Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | null = stream.read(bytes);
    if (chunk?.length === bytes) return chunk;
    if (chunk !== null || stream.readableEnded || stream.destroyed) throw new Left(stream);
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      await Promise.race(['readable', 'end', 'close'].map((event) => once(stream, event, { signal })));
    } catch (cause) {
      throw new Left(stream, cause);
    } finally {
      waiting.abort();
    }
  }
}
