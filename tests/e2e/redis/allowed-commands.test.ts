import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

let cache: RedisGateway;
beforeAll(async () => {
  cache = await startRedisGateway({ database: { allowCommands: ['keys', 'FLUSHDB', 'CONFIG'] } });
});
afterAll(() => cache?.stop());

test('what the configuration takes from the list of refused commands is for the ACL to decide', async () => {
  const admin = await cache.client(await cache.token('admin', 'admin'));
  await admin.set('k', 'v');
  expect(await admin.keys('*')).toEqual(['k']);
  expect(await admin.flushdb()).toBe('OK');
  await expect(admin.config('GET', '*')).rejects.toThrow(/^NOPERM .*config\|get/i);
  await expect(admin.flushall()).rejects.toThrow('NOPERM FLUSHALL is not offered through Grantway.');
  await expect(admin.keys('a'.repeat(2_000))).rejects.toThrow(/^ERR A pattern has at most/);

  const writer = await cache.client(await cache.token('editor', 'readwrite'));
  await expect(writer.keys('*')).rejects.toThrow(/^NOPERM .*permissions/);
});
