import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority, type TestAuthority } from '../../../../../../tests/support/certificates.ts';
import { type ManagedMysql, makeManagedMysql } from '../../../../../../tests/support/managed-mysql.ts';
import { startMysqlServer, type TestMysql } from '../../../../../../tests/support/mysql.ts';
import type { MysqlVersion } from '../../../../../../tests/support/mysql-builds.ts';
import { Secret, type UpstreamTls } from '../../../core/index.ts';
import { mysqlRoleManager } from './index.ts';

/** The servers, with the plugins that an administrator may have loaded and the one that passwords are then set for. */
const servers: readonly {
  readonly version: MysqlVersion;
  readonly load?: string;
  readonly plugin: string;
}[] = [
  { version: 'mysql-9.7', plugin: 'caching_sha2_password' },
  { version: 'mariadb-10.11', plugin: 'mysql_native_password' },
  { version: 'mariadb-10.11', load: 'auth_ed25519', plugin: 'ed25519' },
  { version: 'mariadb-11.8', load: 'auth_parsec', plugin: 'parsec' },
];

describe.for(servers)('on $version with $plugin', ({ version, load, plugin }) => {
  let folder: string;
  let authority: TestAuthority;
  let server: TestMysql;
  let trusted: string;
  let strange: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grantway-mysql-roles-'));
    authority = await makeAuthority();
    trusted = join(folder, 'ours.crt');
    strange = join(folder, 'strange.crt');
    await writeFile(trusted, authority.certificate);
    await writeFile(strange, (await makeAuthority('Somebody else')).certificate);
    server = await startMysqlServer(version, {
      tls: { certificate: await authority.issue(['localhost']), authority: authority.certificate },
      ...(load === undefined ? {} : { settings: { plugin_load_add: load } }),
    });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const managed = async (tls: UpstreamTls, host: string, tlsCa?: string): Promise<ManagedMysql> =>
    await makeManagedMysql(server, undefined, { tls, host, ...(tlsCa === undefined ? {} : { tlsCa }) });

  test('a password is set as a verifier of that plugin, which the server takes', async () => {
    const { database, managerPassword, role, administrator, close } = await managed(
      'verify-full',
      'localhost',
      trusted,
    );
    await mysqlRoleManager.apply(database, managerPassword);
    for (const password of ['x', 'a-longer-password-of-43-characters-or-so-ok', 'ü'.repeat(40)]) {
      await mysqlRoleManager.setPassword(database, managerPassword, role('readonly'), new Secret(password));
      expect(await mysqlRoleManager.accepts(database, role('readonly'), new Secret(password))).toBe(true);
      expect(await mysqlRoleManager.accepts(database, role('readonly'), new Secret(`${password}!`))).toBe(
        false,
      );
    }
    const [rows] = await administrator.query<RowDataPacket[]>(
      'SELECT plugin FROM mysql.user WHERE User = ?',
      [role('readonly').login],
    );
    expect(rows).toEqual([{ plugin }]);
    await close();
  });

  test('a login must use TLS when the configuration does, and is told apart from one that need not', async () => {
    const sample = await managed('require', '127.0.0.1');
    await mysqlRoleManager.apply(sample.database, sample.managerPassword);
    const role = sample.role('readonly');
    const { login } = role;
    const password = new Secret('right');
    await mysqlRoleManager.setPassword(sample.database, sample.managerPassword, role, password);
    expect(await mysqlRoleManager.accepts(sample.database, role, password)).toBe(true);
    expect(await mysqlRoleManager.accepts({ ...sample.database, tls: 'off' }, role, password)).toBe(false);
    await sample.administrator.query(`ALTER USER '${login}'@'%' REQUIRE NONE`);
    const [drift] = await mysqlRoleManager.plan(sample.database, sample.managerPassword);
    expect(drift).toEqual({
      sql: `ALTER USER '${login}'@'%' REQUIRE SSL`,
      because: `login ${login} may sign in without TLS`,
    });
    // An administrator may want more than we do.
    await sample.administrator.query(`ALTER USER '${login}'@'%' REQUIRE X509`);
    const left = await mysqlRoleManager.plan(sample.database, sample.managerPassword);
    expect(left.filter(({ byHand }) => byHand !== true)).toEqual([]);
    await sample.close();
  });

  test('the server is trusted exactly as far as the database’s tls says', async () => {
    const cases: readonly [tls: UpstreamTls, host: string, ca: string | undefined, refused?: RegExp][] = [
      ['verify-full', 'localhost', trusted],
      ['verify-full', 'localhost', strange, /certificate/],
      ['verify-full', 'localhost', undefined, /certificate/],
      ['verify-full', '127.0.0.1', trusted, /127\.0\.0\.1/],
      ['verify-ca', '127.0.0.1', trusted],
      ['verify-ca', '127.0.0.1', strange, /certificate/],
      ['require', '127.0.0.1', undefined],
      ['off', '127.0.0.1', undefined],
    ];
    for (const [tls, host, ca, refused] of cases) {
      const { database, managerPassword, close } = await managed(tls, host, ca);
      const planned = mysqlRoleManager.plan(database, managerPassword);
      if (refused === undefined) expect((await planned).length, tls).toBeGreaterThan(0);
      else await expect(planned, tls).rejects.toThrow(refused);
      await close();
    }
  });

  test('a login whose plugin is weaker than it could be is a finding, and a rotation mends it', async () => {
    const sample = await managed('require', '127.0.0.1');
    const { database, managerPassword } = sample;
    await mysqlRoleManager.apply(database, managerPassword);
    for (const each of database.roles)
      await mysqlRoleManager.setPassword(database, managerPassword, each, new Secret('first'));
    const role = sample.role('readonly');
    const weak = async () => {
      const planned = await mysqlRoleManager.plan(database, managerPassword);
      return planned.filter(({ byHand }) => byHand === true).map(({ because }) => because);
    };
    if (plugin === 'caching_sha2_password') {
      await sample.administrator.query(
        `ALTER USER '${role.login}'@'%' IDENTIFIED WITH sha256_password BY 'old'`,
      );
    } else {
      await sample.administrator.query(
        `ALTER USER '${role.login}'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('old')`,
      );
    }
    expect(await weak()).toEqual([
      plugin === 'mysql_native_password'
        ? 'the server has no better plugin for passwords than mysql_native_password'
        : expect.stringMatching(
            new RegExp(`signs in by \\w+; a rotation of its secret moves it to ${plugin}$`),
          ),
    ]);
    await mysqlRoleManager.setPassword(database, managerPassword, role, new Secret('new'));
    expect(await weak()).toEqual(
      plugin === 'mysql_native_password' ? [expect.stringMatching(/no better plugin/)] : [],
    );
    await sample.close();
  });
});
