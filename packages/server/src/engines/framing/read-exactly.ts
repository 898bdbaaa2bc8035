import type { Readable } from 'node:stream';

const events = ['readable', 'end', 'error', 'close'] as const;

/**
 * Takes exactly `size` (1 or more) bytes from a stream that is not flowing. The stream buffers its own high-water
 * mark or `size`, whichever is more, and then stops the sender. `ended` when the stream is over before that.
 */
export function readExactly(stream: Readable, size: number): Promise<Buffer | 'ended'> {
  return new Promise((resolve) => {
    const attempt = () => {
      const bytes: Buffer | null = stream.read(size);
      if (bytes === null && !stream.readableEnded && !stream.destroyed) return;
      for (const event of events) stream.off(event, attempt);
      // At the end of the stream read() gives what is left, however little.
      resolve(bytes?.length === size ? bytes : 'ended');
    };
    // Listening once, not once for each try: a new listener is told at once of bytes that are there already, so that
    // a peer with too few of them would keep the process busy.
    for (const event of events) stream.on(event, attempt);
    attempt();
  });
}
