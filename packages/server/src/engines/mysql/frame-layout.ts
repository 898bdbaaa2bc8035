import type { FrameLayout } from '../relaying/index.ts';
import { headerBytes } from './protocol.ts';

/** A 3-byte length, then the sequence id, which is the mark. */
export const frameLayout: FrameLayout = {
  headerBytes,
  mark: (bytes, at) => bytes[at + 3] ?? 0,
  bodyBytes: payloadBytes,
};

/** The length of the packet whose header begins at `at`. The header must be there: no bounds are checked. */
export function payloadBytes(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
}
