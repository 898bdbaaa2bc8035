import { type OnReadOpts, Socket } from 'node:net';

/**
 * Every plain socket reads into this one buffer, and the few bytes that came are copied out of it. Without it Node
 * allocates 64 KiB for each read, and making and freeing them can cost more than all that we do with a short statement.
 * Safe because a read is handed on before the next one of any socket can begin.
 */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

/** What Node's `onread` option wants. `take` owns the bytes, and answers whether it wants more. */
export function intoOneBuffer(take: (bytes: Buffer) => boolean): OnReadOpts {
  return {
    buffer: readBuffer,
    callback(size) {
      const bytes = Buffer.allocUnsafe(size);
      bytes.set(size === readBuffer.length ? readBuffer : readBuffer.subarray(0, size));
      return take(bytes);
    },
  };
}

/**
 * The connection of an accepted socket as a socket that reads into the one buffer; the given one must not be used any
 * more. Nobody may have listened to it, or read from it.
 *
 * Node has `onread` for sockets that connect and not for those that a server accepts, so the handle of the one goes to
 * another. Neither name is documented (ADR 0021): where a version of Node has no such handle, the socket itself comes
 * back, and reading costs more.
 */
export function readIntoOneBuffer(accepted: Socket, highWaterMark: number): Socket {
  const handle: unknown = '_handle' in accepted ? accepted._handle : undefined;
  if (typeof handle !== 'object' || handle === null) return accepted;
  const onread = intoOneBuffer((bytes) => socket.push(bytes));
  const { allowHalfOpen } = accepted;
  // Past the type, which knows of the handles that a program bound itself only.
  const socket: Socket = Reflect.construct(Socket, [{ handle, onread, allowHalfOpen, highWaterMark }]);
  // The server counts the sockets that it made itself.
  socket.once('close', () => accepted.destroy());
  return socket;
}
