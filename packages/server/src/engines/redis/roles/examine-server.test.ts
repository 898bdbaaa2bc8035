import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ManagedRedis,
  makeManagedRedis,
  redisRoleManager,
} from '../../../../../../tests/support/managed-redis.ts';
import { startRedis, type TestRedis } from '../../../../../../tests/support/redis.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';
import type { Database, Role } from '../../../core/index.ts';

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

describe.for(redisVersions)('what examine says of the logins of version %s', (version) => {
  const login = 'app_login';
  let server: TestRedis;
  let sample: ManagedRedis;
  let admin: Redis;
  let database: Database;

  beforeAll(async () => {
    server = await startRedis({ version, settings: { 'rename-command': ['KEYS', 'all-keys'] } });
    sample = await makeManagedRedis(server);
    admin = await server.adminClient();
    await redisRoleManager.apply(sample.database, sample.managerPassword);
    const configured: Role = {
      name: 'app',
      login,
      password: 'env:UNUSED',
      allow: { kind: 'everyone' },
      maxSessionMs: 60_000,
    };
    database = { ...sample.database, roles: [...sample.database.roles, configured] };
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  const found = async (name: string) => {
    const all = await redisRoleManager.examine(database, sample.managerPassword);
    return all.filter(({ meaning }) => meaning.includes(name)).map(({ code }) => code);
  };

  test.for<[rules: string, codes: readonly string[]]>([
    ['~app:* &app.* +@read -@dangerous', []],
    ['%R~app:* %W~tmp:* +get +set', []],
    ['~app:* +config|get', ['login_admin_commands']],
    ['~app:* +migrate', ['login_admin_commands']],
    ['~app:* +get (~* +flushall)', ['login_dangerous_commands', 'login_every_key', 'login_selectors']],
    ['~app:* +sort', ['login_dangerous_commands']],
    ['%R~* +get', ['login_every_key']],
    ['%W~** +set', ['login_every_key']],
    ['~* &* +get', ['login_every_key', 'login_every_channel']],
    ['~app:* +get (%R~app:* +hget) (+acl|setuser)', ['login_admin_commands', 'login_selectors']],
  ])('a login with the rules %s: %j', async ([rules, codes]) => {
    const words = rules.match(/\([^)]*\)|\S+/g) ?? [];
    await admin.call('ACL', 'SETUSER', login, 'reset', 'on', '>long-enough', ...words);
    expect(await found(login)).toEqual(codes);
  });

  test('a login that is missing, and one of ours that needs no password, are found', async () => {
    await admin.call('ACL', 'DELUSER', login);
    expect(await found(login)).toEqual(['login_missing']);
    const ours = sample.role('readonly').login;
    await admin.call('ACL', 'SETUSER', ours, 'nopass', '+config');
    expect(await found(`login ${ours} `)).toEqual(['user_without_password', 'login_admin_commands']);
    await redisRoleManager.apply(sample.database, sample.managerPassword);
    expect(await found(`login ${ours} `)).toEqual([]);
  });

  test('a user that the configuration does not know is found while it is on', async () => {
    await admin.call('ACL', 'SETUSER', 'stranger', 'on', '>long-enough', '~app:*', '+get');
    expect(await found('stranger')).toEqual(['user_unknown']);
    await admin.call('ACL', 'SETUSER', 'stranger', 'off');
    expect(await found('stranger')).toEqual([]);
  });

  test('a command under another name is found by a manager who may ask, and no other command is', async () => {
    const renamed = async () => {
      const all = await redisRoleManager.examine(database, sample.managerPassword);
      return all.filter(({ code }) => code === 'command_renamed').map(({ mend }) => mend.split(':')[0]);
    };
    expect(await renamed()).toEqual(['rename-command keys …']);
    const manager = database.manager?.login ?? '';
    await admin.call('ACL', 'SETUSER', manager, '-command|info');
    expect(await renamed()).toEqual([]);
    await admin.call('ACL', 'SETUSER', manager, '+command|info');
  });
});

test('commands of a module that a login may run are found', async () => {
  // Redis 8 has one of its own.
  const server = await startRedis({ version: '8', acl: ['user app on >long-enough ~app:* +vadd +get'] });
  const { database, managerPassword } = await makeManagedRedis(server);
  const [first] = database.roles;
  if (first === undefined) throw new TypeError('roles');
  const { grants: _, ...role } = { ...first, login: 'app', password: 'env:UNUSED' };
  const found = await redisRoleManager.examine({ ...database, roles: [role] }, managerPassword);
  expect(found.filter(({ code }) => code === 'login_module_commands')).toEqual([
    {
      severity: 'note',
      code: 'login_module_commands',
      meaning: 'login app of a role may run vadd, which a module brought; what they do, the module decides',
      mend: 'ACL SETUSER app -vadd',
    },
  ]);
  await server.stop();
});
