import { randomUUID } from 'node:crypto';
import { isLoopbackHost } from '@grantway/client';
import { followWithIoredis } from '@grantway/client/drivers';
import { Redis } from 'ioredis';
import { type Engine, longestTable, patienceMs } from './engine.ts';

const sampleLifetimeS = 60 * 60;

/** Redis and Valkey, with ioredis. */
export const redis: Engine = {
  title: 'Redis',
  things: 'keys',
  thing: 'key',

  open: async ({ client, holder, connection, ca }) => {
    const { host, port, username } = connection;
    const person = new Redis({
      host,
      port,
      username,
      ...(ca === undefined && isLoopbackHost(host) ? {} : { tls: ca === undefined ? {} : { ca } }),
      connectTimeout: patienceMs,
      commandTimeout: patienceMs,
      // The token comes before the connection.
      lazyConnect: true,
      // It would ask INFO, which most roles may not.
      enableReadyCheck: false,
      // A page says so at once when there is no connection.
      retryStrategy: null,
      maxRetriesPerRequest: 0,
    });
    person.on('error', () => {});
    const live = await followWithIoredis(client, holder, person);
    const close = async (): Promise<void> => {
      live.stop();
      person.disconnect();
    };
    try {
      await person.connect();
      // A refused sign-in is told by the first command.
      await person.ping();
    } catch (thrown) {
      await close();
      throw thrown;
    }
    return {
      read: async () => {
        const keys = await firstKeys(person);
        const rows = await Promise.all(keys.map(async (key) => [key, await person.type(key)]));
        return { columns: ['key', 'type'], rows };
      },
      add: async () => {
        await person.set(`connect-button:${randomUUID()}`, 'hello', 'EX', sampleLifetimeS);
      },
      close,
    };
  },

  isSignInRefused: (thrown) => thrown instanceof Error && /^(WRONGPASS|NOAUTH)\b/.test(thrown.message),
  isForbidden: (thrown) => thrown instanceof Error && thrown.message.startsWith('NOPERM'),
};

async function firstKeys(person: Redis): Promise<readonly string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await person.scan(cursor, 'COUNT', 100);
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== '0' && found.size < longestTable);
  return [...found].sort().slice(0, longestTable);
}
