import type { Database } from '../../../core/index.ts';
import type { NodeAddress } from '../driver-connection.ts';
import { askForPrimary, askSentinel, type SentinelQuestion } from './ask-sentinel.ts';

/**
 * The database at the address that each of its Sentinels in turn says is the primary's (Redis Sentinel client
 * guidelines). A Sentinel may not have heard of a failover: whoever connects looks at the server's role, and asks on.
 * One that cannot be reached or that does not know the primary is passed over; how it failed is told to `failed`.
 * Each has an equal part of the time, so that a silent one does not use it up.
 */
export async function* primaries(
  { database, secrets, withinMs }: SentinelQuestion,
  failed: (cause: unknown) => void,
): AsyncGenerator<Database> {
  const { addresses } = database.sentinels ?? { addresses: [] };
  const each = { database, secrets, withinMs: withinMs / addresses.length };
  for (const address of addresses) {
    let found: NodeAddress | undefined;
    try {
      found = await askSentinel(each, address, (client) => askForPrimary(client, database));
    } catch (thrown) {
      failed(thrown);
    }
    if (found !== undefined) yield { ...database, ...found };
  }
}
