import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { endBoundUnread } from './bound-unread.ts';

/** How long a peer may take to read the last bytes before its socket is destroyed. */
const lingerMs = 1_000;

/**
 * Sends `lastWords` and closes; resolves when the socket is closed, after a second at most. What the peer still sends
 * is read and dropped meanwhile: closing over unread bytes makes the system send a reset, and a reset makes the
 * peer's system throw away the error message that it had not read yet.
 */
export function endWith(socket: Duplex, lastWords: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.end(lastWords);
    // Both sides are done then: a stream that allows half-open ends would wait for the timer.
    void finished(socket).then(
      () => socket.destroy(),
      () => socket.destroy(),
    );
    // It would not flow otherwise. Nothing is held of what is dropped.
    endBoundUnread(socket);
    socket.resume();
  });
}
