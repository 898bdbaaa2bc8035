import { firstRecordAt } from './segment-start.ts';
import { listSegments } from './segments.ts';

const dayMs = 24 * 3_600_000;
const youngestMs = dayMs;
const oldestMs = 8 * dayMs;

/**
 * Whether the log in `directory` vouches for a clock that says `now`: a file of it began between one day and eight days
 * ago. By a clock that is far ahead (not set yet after the start, or by mistake) every record looks too old, and nothing of
 * the week before was recorded. The same is seen after a gateway was off for a week; a day of recording ends both.
 *
 * @throws when the directory or a file cannot be read
 */
export async function isVouchedFor(directory: string, now: number): Promise<boolean> {
  for (const segment of (await listSegments(directory)).toReversed()) {
    const at = await firstRecordAt(segment);
    if (at === undefined) continue;
    if (now - at > oldestMs) return false;
    if (now - at >= youngestMs) return true;
  }
  return false;
}
