import type { AuditEvent } from '../event.ts';
import type { ChainHead } from '../record-line.ts';
import { type SealedBatch, SealedLines } from '../sealed-lines.ts';

/** The lines of these events behind `head`, as they stand in a file. */
export function sealed(
  events: readonly AuditEvent[],
  times: readonly number[],
  head: ChainHead,
): SealedBatch {
  const lines = new SealedLines(head);
  lines.seal(events, times);
  const batch = lines.batch();
  if (batch === undefined) throw new TypeError('no events');
  return batch;
}
