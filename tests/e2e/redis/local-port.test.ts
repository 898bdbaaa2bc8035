import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalPortProcess, startLocalPort } from '../../support/local-port.ts';
import { runProgram } from '../../support/psql.ts';
import { type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

// One gateway with a PostgreSQL and a Redis behind it, and stock clients that know nothing of a token.
let cache: RedisGateway;
let postgresPort: LocalPortProcess;
let redisPort: LocalPortProcess;
beforeAll(async () => {
  cache = await startRedisGateway();
  const person = cache.gateway.person('editor');
  postgresPort = await startLocalPort(cache.gateway, person, 'authdb', '--role', 'readonly');
  redisPort = await startLocalPort(cache.gateway, person, 'cache');
});
afterAll(async () => {
  await postgresPort?.stop();
  await redisPort?.stop();
  await cache?.stop();
});

const path = { PATH: process.env.PATH };
const psql = (statement: string, env: Readonly<Record<string, string>> = {}) =>
  runProgram(
    'psql',
    ['--no-psqlrc', '--no-align', '--tuples-only', '--no-password', '--command', statement],
    { ...path, PGHOST: '127.0.0.1', PGPORT: String(postgresPort.port), PGUSER: 'whoever', ...env },
  );
const redisCli = (...words: readonly string[]) =>
  runProgram('redis-cli', ['-h', '127.0.0.1', '-p', String(redisPort.port), ...words], path);

describe('grantway proxy', () => {
  test('lets psql in without a password, as the role and on the database of the token', async () => {
    expect(postgresPort.url).toBe(`postgresql://127.0.0.1:${postgresPort.port}/authdb`);
    const { stdout, code } = await psql('SELECT session_user, count(*) FROM users');
    expect({ stdout: stdout.trim(), code }).toEqual({ stdout: 'app_readonly|3', code: 0 });
    // Whatever encryption, database and password the program thinks of: none of it leaves the machine.
    for (const env of [{ PGSSLMODE: 'prefer', PGDATABASE: 'other' }, { PGPASSWORD: 'saved long ago' }])
      expect((await psql('SELECT 1', env)).stdout.trim()).toBe('1');
    expect((await psql('DELETE FROM users')).stderr).toContain('permission denied');
  });

  test('lets redis-cli in without a password, in both versions of its protocol', async () => {
    expect((await redisCli('SET', 'greeting', 'hello')).stdout.trim()).toBe('OK');
    for (const version of ['-2', '-3'])
      expect((await redisCli(version, 'GET', 'greeting')).stdout.trim()).toBe('hello');
    expect((await redisCli('ACL', 'LIST')).stdout).toContain('NOPERM');
  });

  test('serves many connections at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => psql('SELECT 1')));
    expect(all.map(({ stdout }) => stdout.trim())).toEqual(Array(8).fill('1'));
  });

  test('is closed to another user of the machine', async () => {
    expect(process.getuid?.(), 'run this as root: only root can become another user').toBe(0);
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const { code, stderr } = await runProgram(
      'setpriv',
      [...nobody, 'psql', '--no-psqlrc', '--no-password', '--command', 'SELECT 1'],
      { ...path, PGHOST: '127.0.0.1', PGPORT: String(postgresPort.port) },
    );
    expect(code).toBe(2);
    expect(stderr).toContain('closed the connection');
    await expect.poll(postgresPort.said).toContain('another user');
  });

  test('tells a program in its own words why it is not let in', async () => {
    const theirs = await startLocalPort(cache.gateway, cache.gateway.person('admin'), 'authdb');
    await cache.gateway.operator('users', 'disable', 'local:admin@example.com');
    const { stderr, code } = await runProgram('psql', ['--no-password', '--command', 'SELECT 1'], {
      ...path,
      PGHOST: '127.0.0.1',
      PGPORT: String(theirs.port),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('FATAL');
    expect(await theirs.stop()).toBe(0);
  });
});
