import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SamplePerson, TokenAnswer } from '../../support/gateway.ts';
import { RawRedis } from '../../support/raw-redis.ts';
import { type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

let cache: RedisGateway;
beforeAll(async () => {
  cache = await startRedisGateway();
});
afterAll(() => cache?.stop());

const readonly = { scope: 'db:cache:readonly offline_access', prompt: 'consent' };

interface Way {
  readonly person: SamplePerson;
  readonly takeBack: (tokens: TokenAnswer) => Promise<unknown>;
}

const ways: Readonly<Record<string, Way>> = {
  'the access token, by its client': {
    person: 'viewer',
    takeBack: async ({ accessToken }) =>
      await cache.gateway.post('revoke', { client_id: 'app', token: accessToken }),
  },
  'the application, by the person on the home page': {
    person: 'viewer',
    takeBack: async () => {
      const person = cache.gateway.person('viewer');
      await person.press(await person.home(), /^\/applications\/.+\/end$/);
    },
  },
  'the person, by the operator': {
    person: 'editor',
    takeBack: async () => await cache.gateway.operator('users', 'disable', 'editor@example.com'),
  },
};

describe('access that is taken back', () => {
  test.each(Object.entries(ways))(
    '%s: ends connections that wait, listen and idle, says why, and lets nobody in again',
    async (_, { person, takeBack }) => {
      const tokens = await cache.gateway.tokens(person, readonly);
      const open = async () => await RawRedis.connect({ port: cache.port, password: tokens.accessToken });
      const [waiting, listening, idle] = await Promise.all([open(), open(), open()]);
      waiting.send('XREAD', 'BLOCK', '0', 'STREAMS', 'nothing', '$');
      listening.send('SUBSCRIBE', 'news');
      expect(await listening.read()).toContain('subscribe');
      const blocked = async () => String(await cache.admin.client('LIST')).includes('cmd=xread');
      await expect.poll(blocked, { timeout: 10_000 }).toBe(true);

      await takeBack(tokens);
      for (const client of [waiting, listening, idle]) {
        const said = await client.read();
        expect(said).toMatch(/^-ERR Your access was revoked|^ended$/);
        if (said !== 'ended') expect(await client.read()).toBe('ended');
      }
      await expect.poll(blocked, { timeout: 10_000 }).toBe(false);
      const back = await RawRedis.connect({ port: cache.port });
      expect(await back.call('AUTH', tokens.accessToken)).toMatch(/^-WRONGPASS /);
      back.destroy();
    },
  );
});
