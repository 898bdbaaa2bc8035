import type { RowDataPacket } from 'mysql2';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyTo,
  changesOf,
  leftOf,
  type ManagedMysql,
  makeManagedMysql,
  outcomeOf,
  planOf,
} from '../../../../../../tests/support/managed-mysql.ts';
import { startMysqlServer, type TestMysql } from '../../../../../../tests/support/mysql.ts';
import { mysqlVersions } from '../../../../../../tests/support/mysql-builds.ts';
import { Refusal, Secret } from '../../../core/index.ts';
import { mysqlRoleManager } from './index.ts';

const everyone = { kind: 'everyone' } as const;

/** Errors that mean "you may not", whatever the object: 1044, 1045, 1142, 1143, 1227, 1370. */
const forbidden = new Set([1044, 1045, 1142, 1143, 1227, 1370]);

describe.for(mysqlVersions)('managed roles on %s', (version) => {
  const isMysql = version === 'mysql-9.7';
  let server: TestMysql;

  beforeAll(async () => {
    server = await startMysqlServer(version);
  });
  afterAll(async () => await server.stop());

  test('apply does what plan said, and a second apply has nothing to do', async () => {
    const sample = await makeManagedMysql(server);
    const planned = await changesOf(sample);
    expect(planned.length).toBe(6);
    expect(await changesOf(sample)).toEqual(planned);
    expect(await applyTo(sample)).toEqual(planned);
    expect(await changesOf(sample)).toEqual([]);
    expect(await applyTo(sample)).toEqual([]);
    await sample.close();
  });

  test('two that apply at the same moment do the work once', async () => {
    const sample = await makeManagedMysql(server);
    const planned = await changesOf(sample);
    const both = await Promise.all([applyTo(sample), applyTo(sample)]);
    expect(both.map(({ length }) => length).sort((a, b) => a - b)).toEqual([0, planned.length]);
    await sample.close();
  });

  test('each template gives its rights on the one database and no more', async () => {
    const sample = await makeManagedMysql(server);
    const { name } = sample.database;
    // A grant on a name whose underscore is a wildcard would reach this one, too.
    const neighbour = name.replace('_', 'x');
    await sample.administrator.query(`CREATE DATABASE ${neighbour}`);
    await sample.administrator.query(`CREATE TABLE ${neighbour}.secrets (s int)`);
    await applyTo(sample);
    const clients = new Map<string, Connection>();
    for (const role of ['readonly', 'readwrite', 'admin']) clients.set(role, await sample.connectAs(role));
    const attempts: readonly [role: string, sql: string, allowed: boolean][] = [
      ['readonly', `SELECT * FROM users`, true],
      ['readonly', `SELECT * FROM ${neighbour}.secrets`, false],
      ['readonly', `SELECT * FROM mysql.user`, false],
      ['readonly', `INSERT INTO users (name) VALUES ('x')`, false],
      ['readonly', `UPDATE users SET name = 'x'`, false],
      ['readonly', `CREATE TABLE mine (id int)`, false],
      ['readonly', `CREATE TEMPORARY TABLE mine (id int)`, false],
      ['readwrite', `INSERT INTO users (name) VALUES ('x')`, true],
      ['readwrite', `DELETE FROM users WHERE name = 'x'`, true],
      ['readwrite', `TRUNCATE users`, false],
      ['readwrite', `DROP TABLE users`, false],
      ['readwrite', `CREATE TABLE mine (id int)`, false],
      ['admin', `CREATE TABLE made_by_admin (id int)`, true],
      ['admin', `CREATE VIEW seen AS SELECT name FROM users`, true],
      ['admin', `CREATE DATABASE another`, false],
      ['admin', `CREATE USER stranger`, false],
      ['admin', `GRANT SELECT ON ${name}.* TO '${name}_manager'@'%'`, false],
      ['admin', `SELECT * FROM ${neighbour}.secrets`, false],
      ['readwrite', `INSERT INTO made_by_admin VALUES (1)`, true],
      ['readonly', `SELECT * FROM made_by_admin`, true],
      ['readonly', `SELECT * FROM seen`, true],
      ['readonly', `INSERT INTO made_by_admin VALUES (1)`, false],
    ];
    for (const [who, sql, allowed] of attempts) {
      const client = clients.get(who);
      if (client === undefined) throw new TypeError(who);
      const outcome = await outcomeOf(client, sql);
      const said = outcome === 'done' ? 'done' : forbidden.has(outcome) ? 'forbidden' : outcome;
      expect([who, sql, said]).toEqual([who, sql, allowed ? 'done' : 'forbidden']);
    }
    for (const client of clients.values()) await client.end();
    await sample.close();
  });

  test('every kind of drift is named with the statement that repairs it, and apply repairs it', async () => {
    const sample = await makeManagedMysql(server);
    await applyTo(sample);
    const { name } = sample.database;
    const reader = `'${name}_readonly'@'%'`;
    await sample.administrator.query(`CREATE ROLE ${name}_dba`);
    const drifts: readonly [cause: string, because: RegExp, repair: RegExp][] = [
      [`GRANT FILE ON *.* TO ${reader}`, /holds FILE on \*\.\*$/, /^REVOKE ALL PRIVILEGES/],
      [`GRANT PROCESS, SUPER ON *.* TO ${reader}`, /holds PROCESS on .*SUPER/, /^REVOKE ALL PRIVILEGES/],
      [`GRANT SELECT ON mysql.* TO ${reader}`, /holds SELECT on mysql$/, /^REVOKE ALL PRIVILEGES/],
      [`GRANT INSERT ON \`${name}\`.* TO ${reader}`, /holds INSERT on shop_\d+$/, /^REVOKE ALL PRIVILEGES/],
      [`GRANT DELETE ON ${name}.users TO ${reader}`, /holds DELETE on shop_\d+\.users$/, /^REVOKE ALL/],
      [
        `GRANT UPDATE (name) ON ${name}.users TO ${reader}`,
        /UPDATE on shop_\d+\.users\.name$/,
        /^REVOKE ALL/,
      ],
      [
        `GRANT SELECT ON \`${name.replace('_', '\\_')}\`.* TO ${reader} WITH GRANT OPTION`,
        /with the right to grant it/,
        /^REVOKE ALL PRIVILEGES, GRANT OPTION/,
      ],
      [
        `REVOKE SELECT ON \`${name.replace('_', '\\_')}\`.* FROM ${reader}`,
        /lacks SELECT on shop/,
        /^GRANT SELECT ON `shop\\_\d+`\.\* TO/,
      ],
      [
        `ALTER USER ${reader} WITH MAX_USER_CONNECTIONS 1000`,
        /may open 1000 connections instead of 11$/,
        /11$/,
      ],
      [`ALTER USER ${reader} WITH MAX_USER_CONNECTIONS 0`, /may open any number of connections/, /11$/],
      [`ALTER USER ${reader} PASSWORD EXPIRE INTERVAL 1 DAY`, /may expire$/, /PASSWORD EXPIRE NEVER$/],
      [`ALTER USER ${reader} REQUIRE SSL`, /must use TLS, which the configuration/, /REQUIRE NONE$/],
      [
        `ALTER USER ${reader} IDENTIFIED ${isMysql ? 'WITH caching_sha2_password' : `VIA mysql_native_password`}`,
        /open to everybody without a password$/,
        isMysql ? /AS '\$A\$005\$\.+'$/ : /USING '\*0+'$/,
      ],
      isMysql
        ? [
            `ALTER USER ${reader} PASSWORD REQUIRE CURRENT OPTIONAL`,
            /change its own password$/,
            /REQUIRE CURRENT$/,
          ]
        : [`GRANT ${name}_dba TO ${reader}`, /holds the role '\w+_dba'$/, /^REVOKE ALL PRIVILEGES/],
    ];
    for (const [cause, because, repair] of drifts) {
      await sample.administrator.query(cause);
      const found = await changesOf(sample);
      expect(found[0]?.because, cause).toMatch(because);
      expect(found[0]?.sql, cause).toMatch(repair);
      expect(await applyTo(sample), cause).toEqual(found);
      expect(await changesOf(sample), cause).toEqual([]);
    }
    await sample.close();
  });

  test('what the manager may not take away is named, with the statement for an administrator', async () => {
    const sample = await makeManagedMysql(server);
    await applyTo(sample);
    const { administrator } = sample;
    const { login } = sample.role('readonly');
    // Only who has PROXY may grant it, so the administrator writes it where it is kept.
    await administrator.query(
      `INSERT INTO mysql.proxies_priv (Host, User, Proxied_host, Proxied_user, With_grant, Grantor)
       VALUES ('%', ?, 'localhost', 'root', 0, '')`,
      [login],
    );
    await administrator.query('FLUSH PRIVILEGES');
    expect(await leftToAdministrator(sample)).toBe(`REVOKE PROXY ON 'root'@'localhost' FROM '${login}'@'%'`);
    await administrator.query('DELETE FROM mysql.proxies_priv WHERE User = ?', [login]);
    await administrator.query('FLUSH PRIVILEGES');
    if (isMysql) {
      await administrator.query(`CREATE ROLE dba`);
      await administrator.query(`GRANT dba TO '${login}'@'%'`);
      expect(await leftToAdministrator(sample)).toBe(`REVOKE 'dba'@'%' FROM '${login}'@'%'`);
    }
    await sample.close();
  });

  test('a new account lets nobody in until it has a password, and then takes that password alone', async () => {
    const sample = await makeManagedMysql(server);
    await applyTo(sample);
    const { database, managerPassword } = sample;
    const role = sample.role('readonly');
    expect(await mysqlRoleManager.accepts(database, role, new Secret(''))).toBe(false);
    const password = new Secret('a first password');
    await mysqlRoleManager.setPassword(database, managerPassword, role, password);
    expect(await mysqlRoleManager.accepts(database, role, password)).toBe(true);
    expect(await mysqlRoleManager.accepts(database, role, new Secret('another'))).toBe(false);
    await mysqlRoleManager.setPassword(database, managerPassword, role, new Secret('another'));
    expect(await mysqlRoleManager.accepts(database, role, password)).toBe(false);
    expect(await mysqlRoleManager.accepts(database, role, new Secret('another'))).toBe(true);
    await sample.administrator.query(`ALTER USER '${role.login}'@'%' ACCOUNT LOCK`);
    expect(await mysqlRoleManager.accepts(database, role, new Secret('another'))).toBe(false);
    await sample.close();
  });

  test('a server that is not there says nothing about a password', async () => {
    const sample = await makeManagedMysql(server);
    const gone = { ...sample.database, port: 1 };
    await expect(mysqlRoleManager.accepts(gone, sample.role('readonly'), new Secret('x'))).rejects.toThrow(
      /could not be tried/,
    );
    await sample.close();
  });

  test('the clear password is in no statement that the server sees', async () => {
    const sample = await makeManagedMysql(server);
    await applyTo(sample);
    await sample.administrator.query(`SET GLOBAL log_output = 'TABLE'`);
    await sample.administrator.query('SET GLOBAL general_log = ON');
    const password = new Secret('a-password-for-the-log');
    await mysqlRoleManager.setPassword(
      sample.database,
      sample.managerPassword,
      sample.role('readonly'),
      password,
    );
    await sample.administrator.query('SET GLOBAL general_log = OFF');
    const [rows] = await sample.administrator.query<RowDataPacket[]>(
      'SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log',
    );
    const log = rows.map(({ text }) => String(text)).join('\n');
    expect(log).toContain('ALTER USER');
    expect(log).not.toContain(password.reveal());
    await sample.close();
  });

  test('a person who holds the lock of an apply keeps nobody from one', async () => {
    const sample = await makeManagedMysql(server);
    await applyTo(sample);
    const reader = await sample.connectAs('readonly');
    await reader.query(`SELECT GET_LOCK('grantway roles apply', 0)`);
    await sample.administrator.query(`GRANT FILE ON *.* TO '${sample.role('readonly').login}'@'%'`);
    await applyTo(sample);
    expect(await changesOf(sample)).toEqual([]);
    await reader.end();
    await sample.close();
  });

  describe('findings for the administrator', () => {
    test('a mapped login with a password of its own is looked over and never touched', async () => {
      const sample = await makeManagedMysql(server);
      const { name } = sample.database;
      const login = `${name}_old`;
      const plugin = isMysql
        ? `IDENTIFIED BY 'x'`
        : `IDENTIFIED VIA mysql_native_password USING PASSWORD('x')`;
      await sample.administrator.query(`CREATE USER '${login}'@'%' ${plugin}`);
      await sample.administrator.query(`GRANT FILE, PROCESS, SUPER ON *.* TO '${login}'@'%'`);
      const role = { name: 'old', login, password: 'env:OLD', allow: everyone, maxSessionMs: 1 };
      const unmanaged = { ...sample, database: { ...sample.database, roles: [role] } };
      const found = await leftOf(unmanaged);
      expect(found.map(({ because }) => because)).toContainEqual(
        expect.stringMatching(/_old holds .*FILE.* on the whole server$/),
      );
      expect(found.map(({ sql }) => sql)).toContainEqual(
        expect.stringMatching(/^REVOKE .*FILE.* ON \*\.\* FROM/),
      );
      expect(await applyTo(unmanaged)).toEqual([]);
      expect(await leftOf(unmanaged)).toEqual(found);
      await sample.close();
    });

    test('accounts that take the connections of a managed login are named', async () => {
      const sample = await makeManagedMysql(server);
      await applyTo(sample);
      const { login } = sample.role('readonly');
      await sample.administrator.query(`CREATE USER '${login}'@'10.%'`);
      await sample.administrator.query(`CREATE USER ''@'192.0.2.1'`);
      await sample.administrator.query(`CREATE USER '${login}'@'host\\\\_1'`);
      const sql = (await leftOf(sample)).map((finding) => finding.sql);
      expect(sql).toContain(`DROP USER '${login}'@'10.%'`);
      expect(sql).toContain(`DROP USER ''@'192.0.2.1'`);
      expect(sql).toContain(`DROP USER '${login}'@'host\\\\_1'`);
      await sample.administrator.query(`DROP USER ''@'192.0.2.1'`);
      await sample.close();
    });
  });

  test('a manager account that may do everything is refused', async () => {
    const sample = await makeManagedMysql(server);
    await sample.administrator.query(`GRANT SUPER ON *.* TO '${sample.database.name}_manager'@'%'`);
    await expect(planOf(sample)).rejects.toThrow(/has SUPER. Use one with CREATE USER alone/);
    await sample.close();
  });
});

/** The statement that apply names when the manager account may not run it. */
async function leftToAdministrator(sample: ManagedMysql): Promise<string | undefined> {
  const [found] = await changesOf(sample);
  const refusal = await applyTo(sample).catch((thrown: unknown) => thrown);
  expect(refusal).toBeInstanceOf(Refusal);
  expect((refusal as Refusal).message).toContain(found?.sql);
  return found?.sql;
}
