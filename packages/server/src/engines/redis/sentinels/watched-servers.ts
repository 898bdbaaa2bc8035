import type { NodeAddress } from '../driver-connection.ts';
import { askForPrimary, askSentinel, type SentinelQuestion } from './ask-sentinel.ts';

/**
 * Every server under the name that the configuration says, the primary first, as the first Sentinel knows them that
 * answers. A replica that is down is among them: Sentinels keep it until `SENTINEL RESET`.
 * @throws the last one's error when none answers
 */
export async function watchedServers(question: SentinelQuestion): Promise<readonly NodeAddress[]> {
  const { database } = question;
  const { addresses, primary } = database.sentinels ?? { addresses: [], primary: '' };
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await askSentinel(question, address, async (client) => {
        const first = await askForPrimary(client, database);
        const replicas = await client.call('SENTINEL', 'REPLICAS', primary);
        return [first, ...(Array.isArray(replicas) ? replicas.flatMap(addressIn) : [])];
      });
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw failure;
}

/** `name`, `<…>`, `ip`, `<address>`, `port`, `<number>`, …: one replica. */
function addressIn(fields: unknown): readonly NodeAddress[] {
  if (!Array.isArray(fields)) return [];
  const words = fields.map(String);
  const value = (name: string) => words[words.indexOf(name) + 1];
  const [host, port] = [value('ip'), Number(value('port'))];
  return host === undefined || !Number.isInteger(port) ? [] : [{ host, port }];
}
