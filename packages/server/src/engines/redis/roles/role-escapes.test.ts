import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ManagedRedis,
  makeManagedRedis,
  redisRoleManager,
} from '../../../../../../tests/support/managed-redis.ts';
import { startRedis, type TestRedis } from '../../../../../../tests/support/redis.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';
import {
  keyEscapes,
  redisEscapes,
  tryRedisEscape,
} from '../../../../../../tests/support/redis-role-escapes.ts';

const roles = ['readonly', 'readwrite', 'admin'] as const;

describe.for(redisVersions)('a session that is the mapped user itself, on version %s', (version) => {
  let server: TestRedis;
  let sample: ManagedRedis;
  let admin: Redis;

  beforeAll(async () => {
    server = await startRedis({ version, acl: ['user default off'] });
    admin = await server.adminClient();
    sample = await makeManagedRedis(server, {
      readonly: { kind: 'template', template: 'read' },
      readwrite: { kind: 'template', template: 'write' },
      admin: { kind: 'template', template: 'admin' },
      app: { kind: 'statements', statements: ['admin', '~app:*', '&app:*'] },
      scripts: { kind: 'statements', statements: ['write', '+@scripting', '~app:*'] },
    });
    await redisRoleManager.apply(sample.database, sample.managerPassword);
    await admin.set('secret', 'of others');
    await admin.set('app:a', 'own');
  });
  afterAll(async () => {
    admin?.disconnect();
    await server?.stop();
  });

  /** Who the server says that a connection is. */
  const userOf = async (id: string) =>
    /\buser=(\S+)/.exec(String(await admin.call('CLIENT', 'LIST', 'ID', id)))?.[1];

  test.for(roles)('%s is refused every form, and stays who it is', async (role) => {
    const client = await sample.connectAs(role);
    const id = String(await client.call('CLIENT', 'ID'));
    for (const form of redisEscapes) {
      const expected = /^(AUTH|HELLO)/.test(form.name) ? 'WRONGPASS' : 'NOPERM';
      const disabled = form.name === 'debugging' || form.name === 'loading a module' ? 'ERR' : expected;
      expect([expected, disabled], form.name).toContain(await tryRedisEscape(client, form));
      expect(await userOf(id), form.name).toBe(sample.role(role).login);
    }
    client.disconnect();
  });

  test('E08 key patterns hold wherever a command has its keys', async () => {
    const client = await sample.connectAs('app');
    for (const form of keyEscapes('secret')) {
      // SORT … BY is the one that servers word themselves.
      expect(['NOPERM', 'ERR'], form.name).toContain(await tryRedisEscape(client, form));
      await client.call('DISCARD').catch(() => {});
    }
    expect(await client.call('GET', 'app:a')).toBe('own');
    client.disconnect();
    expect(await admin.get('secret')).toBe('of others');
  });

  test('E07 E08 a script is held to the keys of its user, also to those that it makes up', async () => {
    const client = await sample.connectAs('scripts');
    expect(await client.call('EVAL', `return redis.call('GET', 'app' .. ':a')`, '0')).toBe('own');
    const computed = client.call('EVAL', `return redis.call('GET', 'sec' .. 'ret')`, '0');
    await expect(computed).rejects.toThrow(
      /ACL failure in script|can't access at least one of the keys|NOPERM/,
    );
    client.disconnect();
  });

  test('after RESET it is nobody, as long as the user default is closed', async () => {
    const client = await sample.connectAs('readonly');
    await client.call('RESET');
    await expect(client.call('GET', 'secret')).rejects.toThrow(/^NOAUTH/);
    client.disconnect();
  });

  test('with the stock default user RESET does escape, so it would show here', async () => {
    const open = await startRedis({ version });
    const stock = await makeManagedRedis(open);
    await redisRoleManager.apply(stock.database, stock.managerPassword);
    const client = await stock.connectAs('readonly');
    await expect(client.call('SET', 'k', 'v')).rejects.toThrow(/^NOPERM/);
    await client.call('RESET');
    expect(await client.call('SET', 'k', 'v')).toBe('OK');
    client.disconnect();
    await open.stop();
  });
});
