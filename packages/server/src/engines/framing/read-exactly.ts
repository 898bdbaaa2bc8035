import type { Readable } from 'node:stream';

/**
 * Takes exactly `size` (1 or more) bytes from a stream that is not flowing. The stream buffers its own high-water
 * mark or `size`, whichever is more, and then stops the sender. `ended` when the stream is over before that.
 */
export async function readExactly(stream: Readable, size: number): Promise<Buffer | 'ended'> {
  for (;;) {
    const bytes: Buffer | null = stream.read(size);
    // At the end of the stream read() gives what is left, however little.
    if (bytes !== null) return bytes.length === size ? bytes : 'ended';
    if (stream.readableEnded || stream.destroyed) return 'ended';
    await readableOrOver(stream);
  }
}

function readableOrOver(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      for (const event of events) stream.off(event, settle);
      resolve();
    };
    for (const event of events) stream.on(event, settle);
  });
}

const events = ['readable', 'end', 'error', 'close'] as const;
