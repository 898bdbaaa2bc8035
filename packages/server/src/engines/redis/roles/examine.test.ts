import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ManagedRedis,
  makeManagedRedis,
  redisRoleManager,
} from '../../../../../../tests/support/managed-redis.ts';
import { startRedis, type TestRedis } from '../../../../../../tests/support/redis.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';

const weaknesses: readonly [what: string, words: readonly [string, ...string[]], code: string][] = [
  [
    'a user without a password',
    ['ACL', 'SETUSER', 'guest', 'on', 'nopass', '~*', '+get'],
    'user_without_password',
  ],
  [
    'a user who may run everything',
    ['ACL', 'SETUSER', 'boss', 'on', '>a-long-password', '~*', '+@all'],
    'user_may_everything',
  ],
];

test('commands that reach the machine are found where the server opens them, and not with what is printed', async () => {
  const found = async (value: string) => {
    const server = await startRedis({ settings: { 'enable-debug-command': value } });
    const sample = await makeManagedRedis(server);
    const all = await redisRoleManager.examine(sample.database, sample.managerPassword);
    await server.stop();
    return all.filter(({ code }) => code === 'commands_opened').map(({ mend }) => mend);
  };
  expect(await found('local')).toEqual(['enable-debug-command no']);
  expect(await found('no')).toEqual([]);
});

describe.for(redisVersions)('what examine says of version %s', (version) => {
  let server: TestRedis;
  let sample: ManagedRedis;
  let admin: Redis;

  beforeAll(async () => {
    server = await startRedis({ version });
    sample = await makeManagedRedis(server);
    admin = await server.adminClient();
    await redisRoleManager.apply(sample.database, sample.managerPassword);
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  test.for(weaknesses)(
    '%s is found, and gone after what is printed',
    async ([, [command, ...words], code]) => {
      const found = async () => {
        const all = await redisRoleManager.examine(sample.database, sample.managerPassword);
        return all.filter(({ mend }) => mend.startsWith(`ACL SETUSER ${words[1]} `));
      };
      await admin.call(command, ...words);
      const [finding] = await found();
      expect([finding?.severity, finding?.code]).toEqual(['danger', code]);
      const [mendCommand = '', ...mendWords] = finding?.mend.split(' ') ?? [];
      await admin.call(mendCommand, ...mendWords);
      expect(await found()).toEqual([]);
    },
  );
});
