import { setImmediate } from 'node:timers/promises';

/**
 * Writes in pieces of `pieceBytes`, each in a turn of its own; whole without it. Bulk data in pieces that small would
 * only take time: there are 200 at most.
 */
export async function writeInPieces(
  to: { write(bytes: Buffer): unknown },
  bytes: Buffer,
  pieceBytes = bytes.length,
): Promise<void> {
  const size = Math.max(1, pieceBytes, Math.ceil(bytes.length / 200));
  for (let at = 0; at < bytes.length; at += size) {
    to.write(bytes.subarray(at, at + size));
    await setImmediate();
  }
}
