import { createClient, type RedisClientOptions } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawRedis } from '../../support/raw-redis.ts';
import { cacheLogin, type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

let cache: RedisGateway;

type StreamingCredentials = Extract<
  RedisClientOptions['credentialsProvider'],
  { readonly type: 'streaming-credentials-provider' }
>;

const revoke = async (token: string) => await cache.gateway.post('revoke', { client_id: 'app', token });

describe.for(['session', 'multiplexed'] as const)(
  'a fresh token on a live connection, in pool mode %s',
  (mode) => {
    beforeAll(async () => {
      cache = await startRedisGateway({ database: { pool: { mode } } });
    });
    afterAll(() => cache?.stop());

    test.for(['AUTH token', 'AUTH me token', 'HELLO 3 AUTH me token'])(
      '%s: the session lives on under it, and ends with it',
      async (form) => {
        const [first, second] = [
          await cache.token('editor', 'readwrite'),
          await cache.token('editor', 'readwrite'),
        ];
        const client = await RawRedis.connect({ port: cache.port, password: first });
        const words = form.split(' ').map((word) => (word === 'token' ? second : word));
        expect(await client.call(...words)).not.toMatch(/^-/);
        await revoke(first);
        const refused = await RawRedis.connect({ port: cache.port });
        await expect.poll(async () => await refused.call('AUTH', first)).toMatch(/^-WRONGPASS /);
        refused.destroy();
        expect(await client.call('SET', 'alive', 'yes')).toBe('+OK\r\n');

        await revoke(second);
        await expect
          .poll(async () => await client.call('GET', 'alive'), { timeout: 10_000 })
          .toMatch(/^-ERR Your access was revoked|^ended$/);
        client.destroy();
      },
    );

    const others: readonly [what: string, token: () => Promise<string>][] = [
      ['somebody else’s', async () => await cache.token('admin', 'readwrite')],
      ['for another role', async () => await cache.token('editor', 'readonly')],
      [
        'for another database',
        async () => (await cache.gateway.tokens('editor', { scope: 'db:authdb' })).accessToken,
      ],
      ['made up', async () => 'gwt_wrong'],
    ];
    test.for(others)('one that is %s is refused, and the session goes on as it was', async ([, token]) => {
      const client = await cache.client(await cache.token('editor', 'readwrite'));
      await expect(client.call('AUTH', await token())).rejects.toThrow();
      expect(await cache.userOf(client)).toBe(cacheLogin('readwrite'));
      client.disconnect();
    });

    test('node-redis hands one over by its credentials provider, without a reconnect', async () => {
      const [first, second] = [
        await cache.token('editor', 'readwrite'),
        await cache.token('editor', 'readwrite'),
      ];
      let renew: (password: string) => void = () => {};
      const credentialsProvider: StreamingCredentials = {
        type: 'streaming-credentials-provider',
        subscribe: async ({ onNext }) => {
          renew = (password) => onNext({ username: 'me', password });
          return [{ username: 'me', password: first }, { dispose: () => {} }];
        },
        onReAuthenticationError: (cause) => {
          throw cause;
        },
      };
      const client = createClient({
        socket: { host: '127.0.0.1', port: cache.port, reconnectStrategy: false },
        credentialsProvider,
      });
      client.on('error', () => {});
      await client.connect();
      const id = await client.sendCommand(['CLIENT', 'ID']);
      renew(second);
      expect(await client.sendCommand(['CLIENT', 'ID'])).toBe(id);
      await revoke(first);
      expect(await client.set('alive', 'still')).toBe('OK');
      expect(await client.sendCommand(['CLIENT', 'ID'])).toBe(id);
      client.destroy();
    });
  },
);
