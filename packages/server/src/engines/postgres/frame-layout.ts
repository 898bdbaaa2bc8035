import type { FrameLayout } from '../relaying/index.ts';
import { mostMessageBytes } from './protocol.ts';

/** A type byte, then an Int32 length that counts itself. */
export const frameLayout: FrameLayout = {
  headerBytes: 5,
  mark: (bytes, at) => bytes.readUInt8(at),
  bodyBytes(bytes, at) {
    const length = bytes.readUInt32BE(at + 1) - 4;
    return length <= mostMessageBytes ? length : -1;
  },
};
