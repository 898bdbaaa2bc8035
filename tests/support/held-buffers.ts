import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Bytes of buffers that something in this process still refers to. What is garbage but not collected yet does not
 * count: when the collector runs is its own affair, and a test that depended on it would fail on a busy machine.
 */
export async function heldBufferBytes(): Promise<number> {
  // Buffers that one collection finds unreachable are given back a turn later.
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await setImmediate();
  }
  return process.memoryUsage().arrayBuffers;
}
