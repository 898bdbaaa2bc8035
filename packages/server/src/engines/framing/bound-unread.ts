import type { Readable } from 'node:stream';

/**
 * The most that a client may have sent ahead of what anybody asked it for. One read of a socket can bring 64 KiB and
 * comes on top of what waits already, so the high-water mark of the stream alone would let it be more.
 */
const mostUnread = 65_536;

/**
 * Closes a stream whose peer sends more than 64 KiB ahead, until {@link endBoundUnread}. No client does so before it
 * signed in, since each of its steps waits for an answer. The stream must not be flowing.
 */
export function boundUnread(stream: Readable): void {
  stream.on('readable', () => {
    if (stream.readableLength > mostUnread) stream.destroy();
  });
}

/** From now on whoever takes the bytes is answerable for them. */
export function endBoundUnread(stream: Readable): void {
  stream.removeAllListeners('readable');
}
