import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../../tests/support/certificates.ts';
import {
  type ManagedRedis,
  makeManagedRedis,
  redisRoleManager,
} from '../../../../../../tests/support/managed-redis.ts';
import { startRedis, type TestRedis } from '../../../../../../tests/support/redis.ts';
import { redisVersions } from '../../../../../../tests/support/redis-program.ts';
import { type Database, type ManagedGrants, Refusal, Secret } from '../../../core/index.ts';

const plan = async ({ database, managerPassword }: ManagedRedis) =>
  await redisRoleManager.plan(database, managerPassword);
const apply = async ({ database, managerPassword }: ManagedRedis) =>
  await redisRoleManager.apply(database, managerPassword);
/** What apply is going to do, without what is for the administrator. */
const changes = async (sample: ManagedRedis) => (await plan(sample)).filter(({ byHand }) => byHand !== true);

const own = (...statements: readonly string[]): ManagedGrants => ({ kind: 'statements', statements });

describe.for(redisVersions)('managed roles on version %s', (version) => {
  let server: TestRedis;

  beforeAll(async () => {
    server = await startRedis({ version, acl: ['user default off'] });
  });
  afterAll(async () => {
    await server.stop();
  });

  test('apply does what plan said, and a second apply has nothing to do', async () => {
    const sample = await makeManagedRedis(server);
    const planned = await changes(sample);
    expect(planned.map(({ because }) => because)).toEqual([
      expect.stringMatching(/-admin is missing$/),
      expect.stringMatching(/-readwrite is missing$/),
      expect.stringMatching(/-readonly is missing$/),
      expect.stringMatching(/^users are kept in .*users\.acl$/),
    ]);
    expect(await changes(sample)).toEqual(planned);
    expect(await apply(sample)).toEqual(planned);
    expect(await changes(sample)).toEqual([]);
    expect(await apply(sample)).toEqual([]);
  });

  test('two that apply at the same moment do no harm to each other', async () => {
    const sample = await makeManagedRedis(server);
    await Promise.all([apply(sample), apply(sample)]);
    expect(await changes(sample)).toEqual([]);
  });

  test('each template gives its rights and no more', async () => {
    const sample = await makeManagedRedis(server);
    await apply(sample);
    const attempts: readonly [command: string, ...allowed: readonly string[]][] = [
      ['GET k', 'readonly', 'readwrite', 'admin'],
      ['SCAN 0', 'readonly', 'readwrite', 'admin'],
      ['MULTI', 'readonly', 'readwrite', 'admin'],
      ['DISCARD', 'readonly', 'readwrite', 'admin'],
      ['SET k v', 'readwrite', 'admin'],
      ['DEL k', 'readwrite', 'admin'],
      ['PUBLISH c m', 'readwrite', 'admin'],
      ['XADD s * f v', 'readwrite', 'admin'],
      ['KEYS *', 'admin'],
      ['INFO', 'admin'],
      ['FLUSHDB', 'admin'],
      ['SORT l', 'admin'],
      ['FLUSHALL'],
      ['SWAPDB 0 1'],
      ['EVAL return(1) 0'],
      ['FUNCTION LIST'],
      ['CONFIG GET maxmemory'],
      ['ACL LIST'],
      ['CLIENT LIST'],
      ['MIGRATE h 6379 k 0 1'],
      ['RESTORE k 0 v'],
      ['SLOWLOG GET'],
      ['MODULE LIST'],
      ['LATENCY LATEST'],
      ['SAVE'],
      ['MONITOR'],
    ];
    for (const name of ['readonly', 'readwrite', 'admin']) {
      const client = await sample.connectAs(name);
      for (const [command, ...allowed] of attempts) {
        const [first = '', ...rest] = command.split(' ');
        const outcome = await client.call(first, ...rest).then(
          () => 'done',
          (cause: Error) => (cause.message.startsWith('NOPERM') ? 'refused' : 'done'),
        );
        expect([name, command, outcome]).toEqual([
          name,
          command,
          allowed.includes(name) ? 'done' : 'refused',
        ]);
      }
      client.disconnect();
    }
  });

  test('every kind of drift is named with the command that repairs it, and apply repairs it', async () => {
    const sample = await makeManagedRedis(server, {
      reader: { kind: 'template', template: 'read' },
      news: own('+@read', '-@dangerous', '~news:*', '%R~shared', '&news.*', '(+set ~draft:*)'),
    });
    await apply(sample);
    const [reader, news] = [sample.role('reader').login, sample.role('news').login];
    const drifts: readonly [login: string, drift: string, because: RegExp, repair: RegExp][] = [
      [reader, 'off', /is off$/, / on$/],
      [reader, 'nopass', /takes any password$/, / resetpass$/],
      [reader, '>one >two', /has 2 passwords$/, / resetpass$/],
      [reader, '+set +config|set', /may also run config\|set, set$/, / -@all \+@read /],
      [reader, '+@all', /may also run \S+, \S+, \S+ and \d+ more$/, / -@all \+@read /],
      [reader, '-get', /may not run get$/, / -@all \+@read /],
      [reader, 'resetkeys ~a:*', /has the keys ~a:\* instead of ~\*$/, / resetkeys ~\*$/],
      [reader, 'resetchannels', /has the channels none instead of &\*$/, / resetchannels &\*$/],
      [reader, '(+@all ~*)', /has other selectors$/, / clearselectors$/],
      [news, '%W~shared', /has the keys ~news:\* ~shared instead of %R~shared ~news:\*$/, / resetkeys /],
      [news, 'clearselectors', /has other selectors$/, / clearselectors "\(.*~draft:\* -@all \+set\)"$/],
      [news, 'clearselectors (+del ~draft:*)', /has other selectors$/, / clearselectors /],
    ];
    const admin = await server.adminClient();
    for (const [login, drift, because, repair] of drifts) {
      await admin.call('ACL', 'SETUSER', login, ...(drift.match(/\([^)]*\)|\S+/g) ?? []));
      const planned = await changes(sample);
      expect(planned.map(({ because }) => because)[0], drift).toMatch(because);
      expect(planned.map(({ sql }) => sql)[0], drift).toMatch(repair);
      expect(planned.length, drift).toBe(2);
      expect(await apply(sample)).toEqual(planned);
      expect(await changes(sample), drift).toEqual([]);
    }
    admin.disconnect();
  });

  test('all drift of a login is taken back by one command: no half of it leaves the login open', async () => {
    const sample = await makeManagedRedis(server, { reader: { kind: 'template', template: 'read' } });
    await apply(sample);
    const { login } = sample.role('reader');
    const admin = await server.adminClient();
    await admin.call('ACL', 'SETUSER', login, 'off', 'nopass', '+config|set', 'resetkeys', '~a:*');
    const [first, saved, ...more] = await changes(sample);
    expect(first?.because).toMatch(
      / takes any password, may also run config\|set, has the keys ~a:\* instead of ~\*, is off$/,
    );
    expect(first?.sql).toMatch(/ resetpass -@all .* resetkeys ~\* on$/);
    expect([saved?.sql, more]).toEqual(['ACL SAVE', []]);
    await apply(sample);
    expect(await changes(sample)).toEqual([]);
    admin.disconnect();
  });

  test('what the server words anew is no drift: rules that cancel, repeat and overlap', async () => {
    const sample = await makeManagedRedis(server, {
      one: own('+@read', '+get', '-get', '+GET', '-@dangerous', '+keys', '~a', '%R~a', '%W~b', '%R~b'),
      two: own('read', '+@write', '-@write', '+set', '-@fast', '+client|id', '-client|id', '~*', '&a', '&a'),
      three: own('write', '-@all', '+@string', '-@write', '&*', '(read ~a)', '(+get ~b)'),
      four: own('+@keyspace', '-@keyspace', '+@keyspace', '-@admin', '-@dangerous', '+flushdb', '~*'),
    });
    await apply(sample);
    expect(await changes(sample)).toEqual([]);
  });

  test('a user is held to the database of the configuration where the server can do that', async () => {
    const canLimit = version === 'valkey-9';
    const sample = await makeManagedRedis(server);
    await apply(sample);
    const client = await sample.connectAs('readonly');
    const selected = await client.call('SELECT', '1').catch((cause: Error) => cause.message.split(' ', 1)[0]);
    expect(selected).toBe(canLimit ? 'NOPERM' : 'OK');
    client.disconnect();
    if (!canLimit) return;

    const admin = await server.adminClient();
    const { login } = sample.role('readonly');
    await admin.call('ACL', 'SETUSER', login, 'alldbs');
    expect((await changes(sample))[0]).toEqual({
      sql: `ACL SETUSER ${login} resetdbs db=0`,
      because: `login ${login} reaches alldbs instead of db=0`,
    });
    await apply(sample);
    expect(await changes(sample)).toEqual([]);
    admin.disconnect();
  });

  test('a password is set without being sent, and only the right one is accepted', async () => {
    const sample = await makeManagedRedis(server);
    await apply(sample);
    const { database, managerPassword } = sample;
    const role = sample.role('readonly');
    const password = new Secret('first password');
    expect(await redisRoleManager.accepts(database, role, password)).toBe(false);
    await redisRoleManager.setPassword(database, managerPassword, role, password);
    expect(await redisRoleManager.accepts(database, role, password)).toBe(true);
    await redisRoleManager.setPassword(database, managerPassword, role, new Secret('second password'));
    expect(await redisRoleManager.accepts(database, role, password)).toBe(false);
    expect(await changes(sample)).toEqual([]);

    const live = await sample.connectAs('readonly');
    await redisRoleManager.setPassword(database, managerPassword, role, new Secret('third password'));
    expect(await live.call('GET', 'k')).toBeNull();
    live.disconnect();
    expect(server.log()).not.toContain('password');
  });

  test('a server that does not answer is no wrong password', async () => {
    const sample = await makeManagedRedis(server);
    const gone = { ...sample.database, port: 1 };
    await expect(
      redisRoleManager.accepts(gone, sample.role('readonly'), new Secret('x')),
    ).rejects.toBeInstanceOf(Refusal);
  });

  const refused: readonly [rules: readonly string[], sentence: RegExp][] = [
    [
      ['+@all', '~*'],
      /could run acl\|cat.*no managed role may|could run acl\|deluser, .* no managed role may/,
    ],
    [['+@admin', '~*'], /no managed role may/],
    [['+config|get', '~*'], /could run config\|get, which no managed role may/],
    [['+acl|setuser', '~*'], /could run acl\|setuser, which no managed role may/],
    [['+migrate', '~*'], /could run migrate, which no managed role may/],
    [['+get', '~*', '(+@slow ~*)'], /no managed role may/],
    [
      ['+@keyspace', '-@admin', '-migrate', '~*'],
      /could run flushall, flushdb, keys and \d+ more, which the server calls @dangerous/,
    ],
    [['+nosuch', '~*'], /has the rule \+nosuch, and this server has no such command/],
    [['+@nosuch', '~*'], /rule "\+@nosuch" of \S+ names a category/],
    [['+select|0', '~*'], /has the rule \+select\|0/],
  ];
  test.for(refused)('the rules %s are refused, and nothing is changed', async ([rules, sentence]) => {
    const sample = await makeManagedRedis(server, { role: own(...rules) });
    await expect(plan(sample)).rejects.toThrow(sentence);
    await expect(apply(sample)).rejects.toThrow(sentence);
    const admin = await server.adminClient();
    expect(await admin.call('ACL', 'GETUSER', sample.role('role').login)).toBeNull();
    admin.disconnect();
  });
});

test('a rule may name a command of a module, whose name is in capitals at the server', async () => {
  const server = await startRedis({ version: '8' });
  const sample = await makeManagedRedis(server, { vectors: own('read', '+vadd', '~v:*') });
  await apply(sample);
  expect(await changes(sample)).toEqual([]);
  const client = await sample.connectAs('vectors');
  expect(await client.call('VADD', 'v:1', 'VALUES', '2', '1', '1', 'one')).toBe(1);
  client.disconnect();
  await server.stop();
});

describe('what is beside the roles', () => {
  test('an open default user, one that may do all, and a server that forgets are shown and left alone', async () => {
    const server = await startRedis({ usersIn: 'memory', acl: ['user open on nopass ~* +get'] });
    const sample = await makeManagedRedis(server);
    const findings = async () => (await plan(sample)).filter(({ byHand }) => byHand);
    const found = await findings();
    expect(found).toEqual([
      {
        sql: 'ACL SETUSER administrator -@admin -@dangerous',
        because: 'login administrator may run every command, so whoever reaches the server needs no Grantway',
        byHand: true,
      },
      {
        sql: 'ACL SETUSER default off',
        because:
          'login default needs no password and may run every command, so whoever reaches the server needs no Grantway',
        byHand: true,
      },
      {
        sql: 'ACL SETUSER open off',
        because: 'login open needs no password, so whoever reaches the server needs no Grantway',
        byHand: true,
      },
      {
        sql: 'aclfile /etc/redis/users.acl',
        because: expect.stringMatching(/a restart forgets them/),
        byHand: true,
      },
    ]);
    expect((await apply(sample)).map(({ sql }) => sql)).toEqual([
      expect.stringMatching(/^ACL SETUSER \S+-admin reset on /),
      expect.stringMatching(/^ACL SETUSER \S+-readwrite reset on /),
      expect.stringMatching(/^ACL SETUSER \S+-readonly reset on /),
    ]);
    expect(await findings()).toEqual(found);
    await server.stop();
  });

  test.for(['aclfile', 'config'] as const)('users and passwords survive a restart (%s)', async (usersIn) => {
    const server = await startRedis({ usersIn });
    const sample = await makeManagedRedis(server);
    await apply(sample);
    (await sample.connectAs('readonly')).disconnect();
    await server.restart();
    expect(await changes(sample)).toEqual([]);
    const password = new Secret('password-of-readonly');
    expect(await redisRoleManager.accepts(sample.database, sample.role('readonly'), password)).toBe(true);
    await server.stop();
  });

  test('a manager that does not exist, or lacks a right, is told what is wrong', async () => {
    const server = await startRedis();
    const sample = await makeManagedRedis(server);
    const wrong = redisRoleManager.plan(sample.database, new Secret('wrong'));
    await expect(wrong).rejects.toThrow(/The manager account "\S+" cannot connect .* WRONGPASS/);
    const { manager: _, ...without } = sample.database;
    await expect(redisRoleManager.plan(without, new Secret('x'))).rejects.toThrow(/has no manager account/);
    const admin = await server.adminClient();
    await admin.call('ACL', 'SETUSER', sample.database.manager?.login ?? '', '-acl|setuser');
    await expect(apply(sample)).rejects.toThrow(/NOPERM .*acl\|setuser.* \(ACL SETUSER \S+-admin reset on /);
    for (const right of ['info', 'config|get', 'command|list', 'acl|users']) {
      const wanted = right.replace('|', ' ').toUpperCase();
      await admin.call('ACL', 'SETUSER', sample.database.manager?.login ?? '', `-${right}`);
      const refusal = await plan(sample).catch((thrown: unknown) => thrown);
      expect(refusal, right).toBeInstanceOf(Refusal);
      expect(String(refusal)).toMatch(new RegExp(`NOPERM .* \\(${wanted}.* on 127`));
      await admin.call('ACL', 'SETUSER', sample.database.manager?.login ?? '', `+${right}`);
    }
    admin.disconnect();
    await server.stop();
  });

  test('the manager’s password goes over TLS to the server that it is for, or nowhere', async () => {
    const authority = await makeAuthority();
    const server = await startRedis({
      tls: { certificate: await authority.issue(['localhost']), authority: authority.certificate },
    });
    const sample = await makeManagedRedis(server);
    const folder = await mkdtemp(join(tmpdir(), 'grantway-redis-roles-'));
    const tlsCa = join(folder, 'ca.crt');
    await writeFile(tlsCa, authority.certificate);
    const safe = {
      ...sample.database,
      host: 'localhost',
      port: server.tlsPort ?? 0,
      tls: 'verify-full',
      tlsCa,
    } as const;
    const attempt = async (database: Database) =>
      await redisRoleManager.plan(database, sample.managerPassword).then(
        () => 'planned',
        (cause: Error) => cause.message,
      );
    expect(await attempt(safe)).toBe('planned');
    expect(await attempt({ ...safe, host: '127.0.0.1' })).toMatch(
      /does not match certificate's altnames|IP: 127/,
    );
    expect(await attempt({ ...safe, host: '127.0.0.1', tls: 'verify-ca' })).toBe('planned');
    const { tlsCa: _, ...untrusted } = safe;
    expect(await attempt(untrusted)).toContain('Name the file of the one that signed it in tlsCa');
    expect(await attempt({ ...untrusted, tls: 'require' })).toBe('planned');
    await rm(folder, { recursive: true });
    await server.stop();
  });
});
