import type { RowDataPacket } from 'mysql2';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ManagedMysql,
  makeManagedMysql,
  outcomeOf,
} from '../../../../../../tests/support/managed-mysql.ts';
import { startMysqlServer, type TestMysql } from '../../../../../../tests/support/mysql.ts';
import { mysqlVersions } from '../../../../../../tests/support/mysql-builds.ts';
import {
  expectedMysqlAttempts,
  type MysqlTargets,
  mysqlRoleEscapes,
  mysqlServerEscapes,
  tryMysqlEscape,
  tryMysqlEscapes,
} from '../../../../../../tests/support/mysql-role-escapes.ts';
import { Secret } from '../../../core/index.ts';
import { mysqlRoleManager } from './index.ts';

const roles = ['readonly', 'readwrite', 'admin'] as const;

describe.for(mysqlVersions)('a session that is the mapped login itself, on %s', (version) => {
  let server: TestMysql;
  let sample: ManagedMysql;
  let peer: Connection;
  let targets: MysqlTargets;

  beforeAll(async () => {
    server = await startMysqlServer(version);
    sample = await makeManagedMysql(server);
    const { administrator, database, managerPassword } = sample;
    await mysqlRoleManager.apply(database, managerPassword);
    await administrator.query('CREATE ROLE boss');
    await administrator.query('GRANT ALL PRIVILEGES ON *.* TO boss');
    peer = await server.adminClient();
    peer.on('error', () => {});
    targets = { role: 'boss', account: 'administrator', session: peer.threadId ?? 0 };
  });
  afterAll(async () => {
    await peer.end();
    await sample.close();
    await server.stop();
  });

  const severalStatements = { multipleStatements: true };

  test.for(roles)(
    'D01 D07 D08 %s stays who it is through every form, and reaches nothing beyond its database',
    async (role) => {
      const connection = await sample.connectAs(role, severalStatements);
      const forms = [...mysqlRoleEscapes(targets), ...mysqlServerEscapes(targets)];
      const { login } = sample.role(role);
      expect(await tryMysqlEscapes(connection, forms)).toEqual(
        expectedMysqlAttempts(forms, server.product, login),
      );
      if (role === 'readonly') expect(await outcomeOf(connection, 'DELETE FROM users')).toBe(1142);
      const [rows] = await connection.query<RowDataPacket[]>(`SELECT LOAD_FILE('/etc/passwd') AS file`);
      expect(rows).toEqual([{ file: null }]);
      await connection.end();
    },
  );

  test('the same forms do leave a role that is only SET on a shared login, so they would show an escape', async () => {
    const { administrator } = sample;
    for (const statement of [
      'CREATE ROLE reader',
      `CREATE USER shared IDENTIFIED BY 'shared'`,
      'GRANT reader TO shared',
      'GRANT boss TO shared',
      'CREATE DATABASE IF NOT EXISTS commons',
      'GRANT ALL PRIVILEGES ON commons.* TO shared',
    ]) {
      await administrator.query(statement);
    }
    const stayed: string[] = [];
    for (const form of mysqlRoleEscapes(targets)) {
      const connection = await createConnection({
        host: server.host,
        port: server.port,
        user: 'shared',
        password: 'shared',
        database: 'commons',
        ...severalStatements,
      });
      await connection.query('SET ROLE reader');
      const { role } = await tryMysqlEscape(connection, form);
      if (role?.replaceAll(/[`@%]/g, '') === 'reader') stayed.push(form.name);
      await connection.end();
    }
    expect(stayed).not.toContain('SET ROLE another');
    expect(stayed).not.toContain('SET ROLE NONE');
    expect(stayed).not.toContain('a versioned comment');
    expect(stayed).not.toContain('a second statement');
    expect(stayed).toContain('nothing at all (control)');
  });

  test.for(roles)('D13 %s sees and ends no session of another login', async (role) => {
    const connection = await sample.connectAs(role);
    const { login } = sample.role(role);
    const [rows] = await connection.query<RowDataPacket[]>('SHOW PROCESSLIST');
    expect(new Set(rows.map(({ User }) => User))).toEqual(new Set([login]));
    expect(await outcomeOf(peer, 'SELECT 1')).toBe('done');
    await connection.end();
  });

  test('D06 a password that a session sets for its login is refused, or undone by the next rotation', async () => {
    const connection = await sample.connectAs('readonly');
    const role = sample.role('readonly');
    const { database, managerPassword } = sample;
    const set = server.product === 'mysql' ? `SET PASSWORD = 'stolen'` : `SET PASSWORD = PASSWORD('stolen')`;
    const outcome = await outcomeOf(connection, set);
    expect(await outcomeOf(connection, `ALTER USER CURRENT_USER() IDENTIFIED BY 'stolen'`)).not.toBe('done');
    await connection.end();
    if (server.product === 'mysql') {
      expect(outcome).toBe(3892);
      expect(await mysqlRoleManager.accepts(database, role, new Secret('stolen'))).toBe(false);
      return;
    }
    // MariaDB lets every account change its own password; nothing can be set against it.
    expect(outcome).toBe('done');
    expect(await mysqlRoleManager.accepts(database, role, new Secret('stolen'))).toBe(true);
    await mysqlRoleManager.setPassword(database, managerPassword, role, new Secret('ours again'));
    expect(await mysqlRoleManager.accepts(database, role, new Secret('stolen'))).toBe(false);
    expect(await mysqlRoleManager.accepts(database, role, new Secret('ours again'))).toBe(true);
  });

  test('D02 a change of user is a login of its own, which needs the password of that user', async () => {
    const connection = await sample.connectAs('readonly');
    const changed = connection.changeUser({ user: 'root', password: 'guessed' });
    await expect(changed).rejects.toMatchObject({ errno: expect.toBeOneOf([1045, 1698]) });
    connection.destroy();
  });
});
