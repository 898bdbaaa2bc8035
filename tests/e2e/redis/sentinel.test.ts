import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startGateway } from '../../support/gateway.ts';
import { managerRules } from '../../support/managed-redis.ts';
import { RawRedis } from '../../support/raw-redis.ts';
import { startRedisPair } from '../../support/redis-pair.ts';
import { startSentinels, watchedName } from '../../support/redis-sentinels.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test('behind Sentinels with a password, roles are made on every server and sessions are on the primary', {
  timeout: 120_000,
}, async () => {
  const pair = await startRedisPair();
  stops.push(() => pair.stop());
  const asker = { user: 'asker', password: 'where-is-the-primary' };
  const sentinels = await startSentinels({ primary: pair.primary.server, watcher: pair.watcher, asker });
  stops.push(() => sentinels.stop());
  await sentinels.haveFoundEachOther();
  for (const { admin } of [pair.primary, pair.replica])
    await admin.call('ACL', 'SETUSER', 'manager', 'on', '>manager-password', ...managerRules);

  const port = await freePort();
  const gateway = await startGateway({
    listen: { redis: `127.0.0.1:${port}` },
    env: { TEST_MANAGER: 'manager-password', TEST_SENTINELS: asker.password },
    databases: {
      cache: {
        engine: 'redis',
        sentinels: sentinels.addresses.map(({ host, port: at }) => `${host}:${at}`),
        primary: watchedName,
        sentinelAccount: { login: asker.user, password: 'env:TEST_SENTINELS' },
        tls: 'off',
        manager: { login: 'manager', password: 'env:TEST_MANAGER' },
        roles: { writer: { login: 'cache_writer', grants: 'write', allow: 'everyone' } },
      },
    },
  });
  stops.push(() => gateway.stop());
  await gateway.operator('roles', 'apply', 'cache', '--lock-default');
  for (const { admin } of [pair.primary, pair.replica]) {
    const users = String(await admin.call('ACL', 'LIST'));
    expect(users).toContain('user cache_writer on');
    expect(users).toContain('user default off');
  }

  const { accessToken } = await gateway.tokens('viewer', { scope: 'db:cache' });
  const client = await RawRedis.connect({ port, password: accessToken });
  stops.push(async () => client.destroy());
  expect(await client.call('SET', 'a', '1')).toBe('+OK\r\n');
  expect(await pair.primary.admin.get('a')).toBe('1');
});
