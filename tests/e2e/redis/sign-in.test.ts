import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SamplePerson } from '../../support/gateway.ts';
import { RawRedis } from '../../support/raw-redis.ts';
import {
  type CacheRole,
  cacheLogin,
  type RedisGateway,
  startRedisGateway,
} from '../../support/redis-gateway.ts';
import { redisEscapes, tryRedisEscape } from '../../support/redis-role-escapes.ts';

let cache: RedisGateway;
beforeAll(async () => {
  cache = await startRedisGateway();
});
afterAll(() => cache?.stop());

describe('signing in to the Redis door', () => {
  test.for([
    ['viewer', 'readonly'],
    ['editor', 'readwrite'],
    ['admin', 'admin'],
  ] as const satisfies readonly (readonly [SamplePerson, CacheRole])[])(
    'a token of %s for %s makes the session that role’s user',
    async ([person, role]) => {
      const client = await cache.client(await cache.token(person, role));
      expect(await cache.userOf(client)).toBe(cacheLogin(role));
      client.disconnect();
    },
  );

  test('a token without a role is for the first role that the person has', async () => {
    const client = await cache.client(await cache.token('editor'));
    expect(await cache.userOf(client)).toBe(cacheLogin('readwrite'));
    client.disconnect();
  });

  test('the token response says where the door is', async () => {
    const { body } = await cache.gateway.tokens('viewer', { scope: 'db:cache:readonly' });
    expect(body).toMatchObject({
      database: 'cache',
      role: 'readonly',
      engine: 'redis',
      host: '127.0.0.1',
      port: cache.port,
      username: 'readonly',
    });
  });

  const refused: readonly [what: string, token: () => Promise<string>, error: RegExp][] = [
    ['a made-up token', async () => 'gwt_wrong', /^-WRONGPASS This access token is not valid any more/],
    ['an empty token', async () => '', /^-NOAUTH Sign in first/],
    [
      'a token for another database',
      async () => (await cache.gateway.tokens('viewer', { scope: 'db:authdb:readonly' })).accessToken,
      /^-WRONGPASS This access token is for another database/,
    ],
    ['the password of the role’s user', async () => 'cache_readonly', /^-WRONGPASS /],
  ];
  test.for(refused)(
    '%s is refused in one clear line, and no user of the server is touched',
    async ([, token, error]) => {
      const before = await connections(cache.admin);
      for (const words of [
        ['AUTH', await token()],
        ['AUTH', 'cache_readonly', await token()],
        ['HELLO', '3', 'AUTH', 'me', await token()],
      ]) {
        const client = await RawRedis.connect({ port: cache.port });
        expect(await client.call(...words)).toMatch(error);
        expect(await client.call('GET', 'k')).toMatch(/^(-NOAUTH |ended)/);
        client.destroy();
      }
      expect(await connections(cache.admin)).toBe(before);
    },
  );

  test('who has not signed in gets the errors of a server and nothing else', async () => {
    const client = await RawRedis.connect({ port: cache.port });
    expect(await client.call('GET', 'k')).toBe('-NOAUTH Authentication required.\r\n');
    expect(await client.call('HELLO', '3')).toMatch(/^-NOAUTH HELLO must be called/);
    client.destroy();
  });
});

describe('a session through the gateway', () => {
  let client: Redis;
  beforeAll(async () => {
    client = await cache.client(await cache.token('admin', 'admin'));
  });

  test('is refused every way to be somebody else or to reach beyond its role', async () => {
    for (const form of redisEscapes) {
      const end = await tryRedisEscape(client, form).catch((cause: Error) => cause.message);
      expect(['NOPERM', 'WRONGPASS', 'ERR'], form.name).toContain(end);
      if (client.status !== 'ready') client = await cache.client(await cache.token('admin', 'admin'));
      expect(await cache.userOf(client), form.name).toBe(cacheLogin('admin'));
    }
  });

  test('that is reset has to sign in again', async () => {
    const token = await cache.token('viewer', 'readonly');
    const raw = await RawRedis.connect({ port: cache.port, password: token });
    expect(await raw.call('RESET')).toBe('+RESET\r\n');
    expect(await raw.call('GET', 'k')).toMatch(/^-NOAUTH /);
    expect(await raw.call('AUTH', token)).toBe('+OK\r\n');
    expect(await raw.call('GET', 'k')).toBe('$-1\r\n');
    raw.destroy();
  });

  test('cannot choose another database', async () => {
    await expect(client.select(1)).rejects.toThrow(/^NOPERM /);
  });
});

/** How many connections the server has that are not its administrator's. */
async function connections(admin: Redis): Promise<number> {
  return [...String(await admin.client('LIST')).matchAll(/\buser=(?!administrator)/g)].length;
}
