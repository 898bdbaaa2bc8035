import type { Writable } from 'node:stream';

/** From this many writes in one turn of the event loop on, those of the next turn are held until its end. */
const busyWrites = 8;

let writes = 0;
let writesLastTurn = 0;
let turnEnds = false;
const corked: Writable[] = [];

/**
 * Writes `bytes`, which the caller must not change any more. When many sockets are busy, all writes of one turn of the
 * event loop leave together at its end (fewer wake-ups of the peers, several messages in one system call); when few
 * are, each leaves at once, because waiting only adds latency.
 *
 * Returns false when the stream holds more than its high-water mark: write again after `drain`.
 */
export function writeThisTurn(stream: Writable, bytes: Buffer): boolean {
  writes += 1;
  if (!turnEnds) {
    turnEnds = true;
    setImmediate(endTurn);
  }
  if (writesLastTurn >= busyWrites && stream.writableCorked === 0) {
    stream.cork();
    corked.push(stream);
  }
  return stream.write(bytes);
}

function endTurn(): void {
  writesLastTurn = writes;
  writes = 0;
  turnEnds = false;
  for (const stream of corked) stream.uncork();
  corked.length = 0;
}
