import { afterEach, describe, expect, test } from 'vitest';
import { makeManagedRedis, redisRoleManager } from '../../../../../../tests/support/managed-redis.ts';
import { RawRedis } from '../../../../../../tests/support/raw-redis.ts';
import { startRedis, type TestRedis } from '../../../../../../tests/support/redis.ts';
import { startRedisPair } from '../../../../../../tests/support/redis-pair.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';
import type { Database, Secret } from '../../../core/index.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function lock(database: Database, password: Secret, how: 'plan' | 'apply') {
  const statements = await redisRoleManager.lockDefault?.(database, password, how);
  return statements?.map(({ sql }) => sql);
}

/** What somebody hears who names no user. */
async function anonymous({ port }: TestRedis, password?: string): Promise<string> {
  const client = await RawRedis.connect({ port });
  if (password !== undefined) client.send('AUTH', password);
  client.send('GET', 'k');
  const answer = await client.read();
  const last = password === undefined || answer.startsWith('-') ? answer : await client.read();
  client.destroy();
  return last;
}

describe.for(redisVersions)('the user default of version %s', (version) => {
  test('is locked as the plan said, stays so over a restart, and a second time there is nothing to do', async () => {
    const server = await startRedis({ version, usersIn: 'config' });
    stops.push(() => server.stop());
    const { database, managerPassword } = await makeManagedRedis(server);
    expect(await anonymous(server)).toBe('$-1\r\n');

    const planned = await lock(database, managerPassword, 'plan');
    expect(planned).toEqual(['ACL SETUSER default off resetpass', 'CONFIG REWRITE']);
    expect(await anonymous(server)).toBe('$-1\r\n');
    expect(await lock(database, managerPassword, 'apply')).toEqual(planned);
    expect(await anonymous(server)).toMatch(/^-NOAUTH/);
    expect(await anonymous(server, 'any')).toMatch(/^-WRONGPASS/);
    expect(await lock(database, managerPassword, 'apply')).toEqual([]);

    await server.restart();
    expect(await anonymous(server)).toMatch(/^-NOAUTH/);
    expect(await lock(database, managerPassword, 'plan')).toEqual([]);
    const found = await redisRoleManager.examine(database, managerPassword);
    expect(found.filter(({ meaning }) => meaning.includes('login default'))).toEqual([]);
  });
});

test('with a password keeps it, so that an administrator can switch it on again', async () => {
  const server = await startRedis({ acl: ['user default on >old ~* +@all'] });
  stops.push(() => server.stop());
  const { database, managerPassword } = await makeManagedRedis(server);
  expect(await anonymous(server, 'old')).toBe('$-1\r\n');
  expect(await lock(database, managerPassword, 'apply')).toEqual(['ACL SETUSER default off', 'ACL SAVE']);
  expect(await anonymous(server, 'old')).toMatch(/^-WRONGPASS/);
});

test('is not locked by a manager that cannot sign in, or that is default itself', async () => {
  const server = await startRedis();
  stops.push(() => server.stop());
  const { database, managerPassword } = await makeManagedRedis(server);
  const itself = { ...database, manager: { login: 'default', password: 'env:UNUSED' } };
  await expect(lock(itself, managerPassword, 'apply')).rejects.toThrow(/account of its own first/);
  const missing = { ...database, manager: { login: 'nobody', password: 'env:UNUSED' } };
  await expect(lock(missing, managerPassword, 'apply')).rejects.toThrow(/WRONGPASS/);
  expect(await anonymous(server)).toBe('$-1\r\n');
});

test('is not locked while a replica signs in at its primary as it', async () => {
  const pair = await startRedisPair();
  stops.push(() => pair.stop());
  const { database, managerPassword } = await makeManagedRedis(pair.primary.server);
  const { login = '' } = database.manager ?? {};
  await pair.replica.admin.call('ACL', 'SETUSER', login, 'on', `>${managerPassword.reveal()}`, '+@all');
  await pair.replica.admin.config('SET', 'masteruser', '');
  for (const { admin } of [pair.primary, pair.replica])
    await admin.call('ACL', 'SETUSER', 'default', 'on', 'nopass');
  await expect(lock(database, managerPassword, 'apply')).rejects.toThrow(
    /signs in at its primary as default/,
  );
  expect(await anonymous(pair.primary.server)).toMatch(/^-NOPERM/);
  await pair.replica.admin.config('SET', 'masteruser', pair.watcher.user);
  expect(await lock(database, managerPassword, 'apply')).toHaveLength(4);
  for (const { server } of [pair.primary, pair.replica]) expect(await anonymous(server)).toMatch(/^-NOAUTH/);
});
