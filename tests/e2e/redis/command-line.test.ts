import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommandLine, commandLine } from '../../support/command-line.ts';
import { cacheLogin, type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

const run = promisify(execFile);

let cache: RedisGateway;
let grantway: CommandLine;
beforeAll(async () => {
  cache = await startRedisGateway();
  grantway = await commandLine(cache.gateway, cache.gateway.person('editor'));
  expect((await grantway.run(['token', 'cache', '--no-browser'])).stdout).toMatch(/^gwt_/);
});
afterAll(async () => {
  await grantway?.remove();
  await cache?.stop();
});

describe('grantway connect', () => {
  test('starts redis-cli, signed in as the role, and passes its output and exit code on', async () => {
    const set = await grantway.run(['connect', 'cache', '--', 'SET', 'greeting', 'hello']);
    expect(set).toMatchObject({ code: 0, stdout: 'OK' });
    expect(set.stderr).toBe('Connecting to cache as readwrite.');
    expect((await grantway.run(['connect', 'cache', '--', '-e', 'NOSUCH'])).code).toBe(1);
  });

  test('gives the token in no argument, where every user of the machine could read it', async () => {
    let pid = 0;
    const waiting = grantway.run(['connect', 'cache', '--', 'BLPOP', 'queue', '0'], (started) => {
      pid = started;
    });
    const blocked = async () =>
      String(await cache.admin.client('LIST')).includes(`user=${cacheLogin('readwrite')}`) &&
      String(await cache.admin.client('LIST')).includes('cmd=blpop');
    await expect.poll(blocked, { timeout: 10_000 }).toBe(true);
    const { stdout } = await run('ps', ['-A', '-o', 'ppid=,args=']);
    const children = stdout.split('\n').filter((line) => line.trim().startsWith(`${pid} `));
    expect(children.join()).toMatch(/redis-cli -h 127\.0\.0\.1 -p \d+ --user readwrite BLPOP queue 0/);
    expect(children.join()).not.toContain('gwt_');
    await cache.admin.rpush('queue', 'job');
    expect((await waiting).stdout).toBe('queue\njob');
  });
});

describe('grantway query', () => {
  test('runs a command by its words, and prints CSV, JSON and the server’s errors', async () => {
    await cache.admin.hset('user:1', 'name', 'Ada Lovelace');
    const csv = await grantway.run(['query', 'cache', 'HGETALL', 'user:1']);
    expect(csv).toMatchObject({ code: 0, stdout: 'key,value\r\nname,Ada Lovelace' });
    const json = await grantway.run(['query', 'cache', 'HGET', 'user:1', 'name', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ rows: [['Ada Lovelace']], rowCount: 1 });
    const failed = await grantway.run(['query', 'cache', 'CONFIG', 'GET', '*']);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('NOPERM');
  });

  test('says so when a command has parameters, and when a statement has words', async () => {
    const parameters = await grantway.run(['query', 'cache', 'GET', '--param', 'k']);
    expect(parameters).toMatchObject({ code: 1, stdout: '' });
    expect(parameters.stderr).toContain('A command has no parameters');
    const words = await grantway.run(['query', 'authdb', 'SELECT', '1', '--no-browser']);
    expect(words.stderr).toContain('put it in quotes');
  });
});

describe('grantway roles', () => {
  test('plan shows the exact commands with the findings apart, and apply runs them', async () => {
    await cache.admin.call('ACL', 'SETUSER', cacheLogin('readonly'), '+set');
    const plan = await cache.gateway.operator('roles', 'plan', 'cache');
    expect(plan.stdout).toContain(
      `-- login ${cacheLogin('readonly')} may also run set\nACL SETUSER ${cacheLogin('readonly')} -@all +@read `,
    );
    expect(plan.stdout).toContain('\n-- ACL SETUSER administrator -@admin -@dangerous;');
    expect(plan.stderr).toContain('For the administrator to decide');
    await cache.gateway.operator('roles', 'apply', 'cache');
    const again = await cache.gateway.operator('roles', 'apply', 'cache');
    expect(again.stderr).toContain('Nothing to do');
  });

  test('locks the user default when asked to', async () => {
    await cache.admin.call('ACL', 'SETUSER', 'default', 'on', 'nopass');
    const plan = await cache.gateway.operator('roles', 'plan', 'cache', '--lock-default');
    const locking = '-- login default is open to everybody\nACL SETUSER default off resetpass;';
    expect(plan.stdout).toContain(locking);
    expect(plan.stdout).not.toContain('\n-- ACL SETUSER default');
    expect(String(await cache.admin.call('ACL', 'LIST'))).toContain('user default on nopass');
    const { stdout } = await cache.gateway.operator('roles', 'apply', 'cache', '--lock-default');
    expect(stdout).toContain(locking);
    expect(String(await cache.admin.call('ACL', 'LIST'))).toContain('user default off');
  });

  test('rotate leaves sessions alone, and the next ones sign in with the new secret', async () => {
    const token = await cache.token('viewer', 'readonly');
    const live = await cache.client(token);
    await cache.gateway.operator('roles', 'rotate', 'cache');
    expect(await live.get('nothing')).toBeNull();
    const fresh = await cache.client(token);
    expect(await fresh.get('nothing')).toBeNull();
  });
});

test('grantway doctor calls an open default user a danger until what it prints has been done', async () => {
  await cache.admin.call('ACL', 'SETUSER', 'default', 'on', 'nopass');
  // It fails all along: the administrator of the test may run everything.
  const report = async () => {
    const failed: unknown = await cache.gateway.operator('doctor', 'cache').catch((thrown) => thrown);
    return {
      code: Reflect.get(Object(failed), 'code'),
      stdout: String(Reflect.get(Object(failed), 'stdout')),
    };
  };
  const before = await report();
  expect(before.code).toBe(1);
  const [, mend = ''] =
    /user_without_password\n {2}login default .*\n {2}mend: (.+)\n/.exec(before.stdout) ?? [];
  const [command = '', ...words] = mend.split(' ');
  await cache.admin.call(command, ...words);
  const after = await report();
  expect(after.stdout).toContain('cache: danger user_may_everything\n');
  expect(after.stdout).not.toContain('login default');
});

test('the home page shows how to connect', async () => {
  const { html } = await cache.gateway.person('editor').home();
  expect(html).toContain('grantway connect cache');
  expect(html).toContain(`redis-cli -h 127.0.0.1 -p ${cache.port} --user readwrite`);
  expect(html).toContain(`redis://readwrite@127.0.0.1:${cache.port}`);
});
