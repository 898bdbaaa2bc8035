import type { Duplex } from 'node:stream';

/**
 * Dresses a connected stream as the `net.Socket` that node-postgres expects: it calls `connect` and waits for the
 * event, and sets options that mean nothing inside the process.
 */
export function driverSocket(stream: Duplex): Duplex {
  const nothing = () => stream;
  // A socket closes by itself when the other side has ended; the driver waits for that.
  stream.once('end', () => stream.destroy());
  return Object.assign(stream, {
    connect: () => {
      // The driver listens for the event only after this call.
      process.nextTick(() => stream.emit('connect'));
      return stream;
    },
    setNoDelay: nothing,
    setKeepAlive: nothing,
    ref: nothing,
    unref: nothing,
  });
}
