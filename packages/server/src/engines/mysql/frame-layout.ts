import type { FrameLayout } from '../relaying/index.ts';
import { headerBytes } from './protocol.ts';

/** A 3-byte length, then the sequence id, which is the mark. */
export const frameLayout: FrameLayout = {
  headerBytes,
  mark: (bytes, at) => bytes.readUInt8(at + 3),
  bodyBytes: (bytes, at) => bytes.readUIntLE(at, 3),
};
